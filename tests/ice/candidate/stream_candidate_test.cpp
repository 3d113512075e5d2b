#include "ice/candidate/stream_candidate.h"

#include <gtest/gtest.h>

namespace avedge::candidate {
namespace {

const Endpoint kEdge{IpAddress::v4(198, 51, 100, 7), Port{51000}};

TEST(StreamCandidate, KnowsTheGrammarItWasWrittenIn) {
  EXPECT_EQ(stream_grammar_of(*parse("1 1 tcp 5 192.0.2.1 9 typ host tcptype active")),
            StreamGrammar::rfc6544);
  EXPECT_EQ(stream_grammar_of(*parse("1 1 TCP-ACT 5 192.0.2.1 9 typ host")),
            StreamGrammar::ms_ice2);
  EXPECT_EQ(stream_grammar_of(*parse("id 1 pw TCP 0.250 192.0.2.1 5")), StreamGrammar::ice06);
}

struct Written {
  const char* name;
  StreamGrammar grammar;
  StreamRole role;
  Standing standing;
  const char* value;
};

class StreamCandidateLine : public testing::TestWithParam<Written> {};

TEST_P(StreamCandidateLine, SpeaksTheGrammarOfItsReader) {
  const Written& line = GetParam();
  const StreamStyle style{line.grammar, "7", "secret"};
  EXPECT_EQ(stream_candidate(style, line.role, 2, kEdge, line.standing), line.value);
  const auto read = parse(line.value);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(stream_grammar_of(*read), line.grammar);
  EXPECT_EQ(read->stream_role, line.role);
}

INSTANTIATE_TEST_SUITE_P(
    Grammars, StreamCandidateLine,
    testing::Values(
        Written{"Rfc6544Passive", StreamGrammar::rfc6544, StreamRole::passive, Standing::alone,
                "7 2 TCP 2120613886 198.51.100.7 51000 typ host tcptype passive"},
        Written{"Rfc6544_4_5_ActiveHasTheDiscardPort", StreamGrammar::rfc6544, StreamRole::active,
                Standing::alone, "7 2 TCP 2121007102 198.51.100.7 9 typ host tcptype active"},
        Written{"LyncPassive", StreamGrammar::ms_ice2, StreamRole::passive, Standing::alone,
                "7 2 TCP-PASS 2120613886 198.51.100.7 51000 typ host"},
        Written{"LyncActiveNamesThePortItConnectsFrom", StreamGrammar::ms_ice2, StreamRole::active,
                Standing::alone, "7 2 TCP-ACT 2121007102 198.51.100.7 51000 typ host"},
        Written{"Ice06SaysBothInOneLine", StreamGrammar::ice06, StreamRole::either, Standing::alone,
                "7 2 secret TCP 0.250 198.51.100.7 51000"},
        Written{"BesideOthersARelayOfItself", StreamGrammar::rfc6544, StreamRole::passive,
                Standing::beside,
                "7 2 TCP 6684670 198.51.100.7 51000 typ relay raddr 198.51.100.7 rport 51000 "
                "tcptype passive"}),
    [](const auto& test) { return std::string{test.param.name}; });

}  // namespace
}  // namespace avedge::candidate
