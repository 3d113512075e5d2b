#include "edge/trace/rotating_file.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <sstream>

#include "tests/edge/temporary_folder.h"

namespace avedge::edge {
namespace {

class RotatingFileTest : public ::testing::Test {
 protected:
  [[nodiscard]] RotatingFile open(const RotatingFile::Limits& limits) const {
    auto file = RotatingFile::open(path_, limits);
    EXPECT_TRUE(file.ok());
    return *std::move(file);
  }
  [[nodiscard]] std::string content(const std::string& suffix = {}) const {
    std::ostringstream text;
    text << std::ifstream{path_ + suffix}.rdbuf();
    return text.str();
  }
  [[nodiscard]] bool exists(const std::string& suffix) const {
    return std::filesystem::exists(path_ + suffix);
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.file("trace");
};

TEST_F(RotatingFileTest, NewFileIsForOwnerAndGroupWhateverTheUmask) {
  const mode_t before = ::umask(0077);
  (void)open({100, 2});
  ::umask(before);
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0640U);
}

TEST_F(RotatingFileTest, GoesOnAtTheEndAndKeepsTheMode) {
  folder_.write("trace", "old ");
  EXPECT_TRUE(open({100, 2}).append("new").ok());
  EXPECT_EQ(content(), "old new");
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(RotatingFileTest, RotatesBeforeAFileGrowsTooLarge) {
  RotatingFile file = open({10, 3});
  for (const char* text : {"aaaaaa", "bbbb", "cccccc", "dddddd", "eeeeee", "ffff"}) {
    EXPECT_TRUE(file.append(text).ok());
  }
  EXPECT_EQ(content(), "eeeeeeffff");
  EXPECT_EQ(content(".1"), "dddddd");
  EXPECT_EQ(content(".2"), "cccccc");
  EXPECT_FALSE(exists(".3")) << "the oldest goes";
}

TEST_F(RotatingFileTest, CountsWhatWasThereBefore) {
  folder_.write("trace", "12345678");
  RotatingFile file = open({10, 2});
  EXPECT_TRUE(file.append("abc").ok());
  EXPECT_EQ(content(), "abc");
  EXPECT_EQ(content(".1"), "12345678");
}

TEST_F(RotatingFileTest, OneFileIsBegunAgain) {
  RotatingFile file = open({10, 1});
  EXPECT_TRUE(file.append("aaaaaaaa").ok());
  EXPECT_TRUE(file.append("bbbb").ok());
  EXPECT_EQ(content(), "bbbb");
  EXPECT_FALSE(exists(".1"));
}

TEST_F(RotatingFileTest, ATextLargerThanAFileHasOneOfItsOwn) {
  RotatingFile file = open({4, 3});
  EXPECT_TRUE(file.append("a").ok());
  EXPECT_TRUE(file.append("bbbbbbbb").ok());
  EXPECT_TRUE(file.append("c").ok());
  EXPECT_EQ(content(".1"), "bbbbbbbb");
  EXPECT_EQ(content(), "c");
}

TEST_F(RotatingFileTest, FailsRatherThanGrowWhenItCannotRotate) {
  RotatingFile file = open({4, 2});
  std::filesystem::create_directory(path_ + ".1");
  EXPECT_TRUE(file.append("aaaa").ok());
  const auto failed = file.append("bbbb");
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.reason().message(), "cannot rename '" + path_ + "': Is a directory");
  EXPECT_EQ(content(), "aaaa");
  std::filesystem::remove(path_ + ".1");
  EXPECT_TRUE(file.append("cccc").ok());
  EXPECT_EQ(content(), "cccc");
}

TEST_F(RotatingFileTest, OpensNothingButARegularFile) {
  ::mkfifo(path_.c_str(), 0600);
  EXPECT_FALSE(RotatingFile::open(path_, {}).ok());
  std::filesystem::create_symlink(folder_.write("elsewhere", ""), folder_.file("link"));
  EXPECT_FALSE(RotatingFile::open(folder_.file("link"), {}).ok());
  const auto missing = RotatingFile::open(folder_.file("no/such"), {});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.reason().message(),
            "cannot open '" + folder_.file("no/such") + "': No such file or directory");
}

TEST_F(RotatingFileTest, AFullDiskLeavesNoHalfRecord) {
  struct rlimit before {};
  ::getrlimit(RLIMIT_FSIZE, &before);
  RotatingFile file = open({1000, 2});
  EXPECT_TRUE(file.append("12345678").ok());
  const auto ignored = ::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small { 12, before.rlim_max };
  ::setrlimit(RLIMIT_FSIZE, &small);
  const auto written = file.append("abcdefgh");
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, ignored);
  EXPECT_FALSE(written.ok());
  EXPECT_EQ(content(), "12345678");
  EXPECT_TRUE(file.append("abcdefgh").ok());
  EXPECT_EQ(content(), "12345678abcdefgh");
}

}  // namespace
}  // namespace avedge::edge
