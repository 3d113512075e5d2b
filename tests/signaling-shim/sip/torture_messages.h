// Requests in the odd but valid forms of RFC 4475 and RFC 5118, for a proxy that must not touch
// what it need not.
#pragma once

#include <string>
#include <vector>

#include "tests/signaling-shim/sip/fixtures.h"

namespace avedge::sip::testing {

struct NamedMessage {
  std::string name;
  std::string text;
};

/// A request without a To tag, so that the route table decides; `more` are whole lines with \n.
inline std::string odd_request(const std::string& method, const std::string& uri,
                               const std::string& more, const std::string& body = {}) {
  return with_body(method + " " + uri +
                       " SIP/2.0\n"
                       "Via: SIP/2.0/UDP 198.51.100.9:5062;branch=z9hG4bKodd;rport\n"
                       "Max-Forwards: 68\n"
                       "From: \"Odd One\" <sip:odd@outside.example>;tag=o1\n"
                       "To: <sip:bob@inside.example>\n"
                       "Call-ID: odd-1@198.51.100.9\n"
                       "CSeq: 9 " +
                       method + "\n" + more,
                   body);
}

/// Forms that stand for themselves, named after the sections that they are modelled on.
inline std::vector<NamedMessage> torture_forms() {
  const std::string end = "Content-Length: 0\n\n";
  std::vector<NamedMessage> forms;
  const auto add = [&](const char* name, const std::string& text) {
    forms.push_back({name, wire(text)});
  };
  add("Rfc4475_3_1_1_1_WhiteSpaceWhereverItMayBe",
      "OPTIONS sip:vivekg@inside.example;unknownparam SIP/2.0\n"
      "TO :\n sip:vivekg@inside.example ;   q = 0.5\n"
      "from   : \"J Rosenberg \\\\\\\"\"       <sip:jdr@outside.example>\n  ;\n  tag = 98asjd8\n"
      "MaX-fOrWaRdS: 0068\n"
      "Call-ID: wsinv.ndaksdj@192.0.2.1\n"
      "cseq: 0009\n  OPTIONS\n"
      "Via  : SIP  /   2.0\n /UDP\n    192.0.2.2;branch=390skdjuw\n"
      "s :\n"
      "NewFangledHeader:   newfangled value\n continued newfangled value\n"
      "UnknownHeaderWithUnusualValue: ;;,,;;,;\n"
      "Content-Type: application/octet-stream\n"
      "v:  SIP  / 2.0  / TCP     spindle.example.com   ;\n"
      "  branch  =   z9hG4bK9ikj8  ,\n SIP  /    2.0   / UDP  192.168.255.111   ; branch=\n"
      " z9hG4bK30239\n"
      "m:\"Quoted string \\\"\\\"\" <sip:jdrosen@outside.example> ; newparam =\n      newvalue ;\n"
      "  secondparam ; q = 0.33\n"
      "l: 0\n\n");
  add("Rfc4475_3_1_1_2_EveryCharacterOfAToken",
      "!interesting-Method0123456789_*+`.%indeed'~ "
      "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't"
      "-it)@inside.example SIP/2.0\n"
      "Via: SIP/2.0/UDP host1.example.com;branch=z9hG4bK-.!%66*_+`'~\n"
      "To: \"BEL:\\\x07 NUL:\\x DEL:\\\x7F\" <sip:1_unusual.URI~@inside.example>\n"
      "From: token1~` token2'+_ token3*%!.- <sip:mundane@outside.example>;fromParam''~+*_!.-%=\"\";"
      "tag=_token~1'+`*%!-.\n"
      "Call-ID: intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{\n"
      "CSeq: 139122385 !interesting-Method0123456789_*+`.%indeed'~\n"
      "Max-Forwards: 255\n"
      "extensionHeader-!.%*+_`'~:\xEF\xBB\xBF\xE5\xA4\xA7\xE5\x81\x9C\xE9\x9B\xBB\n" +
          end);
  add("Rfc4475_3_1_1_3_EscapesStayEscaped",
      "OPTIONS sip:sips%3Auser%40example.com@inside.example SIP/2.0\n"
      "To: sip:%75se%72@inside.example\n"
      "From: <sip:I%20have%20spaces@outside.example>;tag=938\n"
      "Max-Forwards: 87\n"
      "i: esc01.239409asdfakjkn23onasd0-3234\n"
      "CSeq: 234234 OPTIONS\n"
      "Via: SIP/2.0/UDP host5.example.net;branch=z9hG4bKkdjuw\n"
      "C: application/unknown\n"
      "Contact: <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>\n" +
          end);
  add("Rfc4475_3_1_1_4_EscapedNulls",
      "REGISTER sip:inside.example SIP/2.0\n"
      "To: sip:null-%00-null@inside.example\n"
      "From: sip:null-%00-null@inside.example;tag=839923423\n"
      "Max-Forwards: 70\n"
      "Call-ID: escnull.39203ndfvkjdasfkq3w4otrq0adsfdfnavd\n"
      "CSeq: 14398234 REGISTER\n"
      "Via: SIP/2.0/UDP host5.example.com;branch=z9hG4bKkdjuw\n"
      "Contact: <sip:%00@host5.example.com>\nContact: <sip:%00%00@host5.example.com>\nL:0\n\n");
  add("Rfc4475_3_1_1_5_APercentThatEscapesNothing",
      "RE%47IST%45R sip:registrar.inside.example SIP/2.0\n"
      "To: \"%Z%45\" <sip:resource@inside.example>\n"
      "From: \"%Z%45\" <sip:resource@inside.example>;tag=f232jadfj23\n"
      "Call-ID: esc02.asdfnqwo34rq23i34jrjasdcnl23nrlknsdf\n"
      "Via: SIP/2.0/TCP host.example.com;branch=z9hG4bK209%fzsnel234\n"
      "CSeq: 29344 RE%47IST%45R\nMax-Forwards: 70\n"
      "Contact: <sip:alias1@host1.example.com>\nC%6Fntact: <sip:alias2@host2.example.com>\n" +
          end);
  add("Rfc4475_3_1_1_6_NoBlankBeforeTheBracket",
      "OPTIONS sip:user@inside.example SIP/2.0\n"
      "To: sip:user@inside.example\nFrom: caller<sip:caller@outside.example>;tag=323\n"
      "Max-Forwards: 70\nCall-ID: lwsdisp.1234abcd@funky.example.com\nCSeq: 60 OPTIONS\n"
      "Via: SIP/2.0/UDP funky.example.com;branch=z9hG4bKkdjuw\n" +
          end);
  add("Rfc4475_3_1_1_7_LongValues",
      "OPTIONS sip:user@inside.example SIP/2.0\n"
      "To: \"I have a user name of " +
          std::string(800, 'x') +
          "\"<sip:user@inside.example:6000;"
          "unknownparam1=very" +
          std::string(200, 'l') +
          "ong>\n"
          "F: sip:" +
          std::string(600, 'a') + "@outside.example;tag=12" + std::string(300, '9') +
          "\n"
          "Call-ID: longreq.one" +
          std::string(300, 'l') +
          "ong\nCSeq: 3882340 OPTIONS\n"
          "Unknown-" +
          std::string(300, 'L') + "ong-Name: unknown-" + std::string(400, 'v') +
          "\n"
          "Max-Forwards: 70\n"
          "v: SIP/2.0/TCP sip33.example.com\nv: SIP/2.0/TCP sip32.example.com\n"
          "V: SIP/2.0/TCP sip31.example.com\n"
          "Via: SIP/2.0/TCP host.example.com;received=192.0.2.5;branch=" +
          std::string(400, 'v') + "\nl: 0\n\n");
  add("Rfc4475_3_1_1_9_ASemicolonInTheUser",
      "OPTIONS sip:user;par=u%40example.net@inside.example SIP/2.0\n"
      "To: sip:j_user@inside.example\nFrom: sip:caller@outside.example;tag=33242\n"
      "Max-Forwards: 3\nCall-ID: semiuri.0ha0isndaksdj\nCSeq: 8 OPTIONS\n"
      "Accept: application/sdp, application/pkcs7-mime,\n"
      "        multipart/mixed, multipart/signed,\n        message/sip, message/sipfrag\n"
      "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKkdjuw\nl: 0\n\n");
  add("Rfc4475_3_1_1_10_TransportsNobodyKnows",
      "OPTIONS sip:user@inside.example SIP/2.0\nTo: sip:user@inside.example\n"
      "From: <sip:caller@outside.example>;tag=323\nMax-Forwards: 70\n"
      "Call-ID: transports.kijh4akdnaqjkwendsasfdj\nAccept: application/sdp\nCSeq: 60 OPTIONS\n"
      "Via: SIP/2.0/UDP t1.example.com;branch=z9hG4bKkdjuw\n"
      "Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKklasjdhf\n"
      "Via: SIP/2.0/TLS t3.example.com;branch=z9hG4bK2980unddj\n"
      "Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en\n"
      "Via: SIP/2.0/TCP t5.example.com;branch=z9hG4bK0a9idfnee\nl: 0\n\n");
  add("Rfc5118_4_1_AnIpv6ReferenceEverywhere",
      "REGISTER sip:[2001:db8::10] SIP/2.0\nTo: sip:user@inside.example\n"
      "From: sip:user@inside.example;tag=81x2\n"
      "Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111\n"
      "Call-ID: SSG9559905523997077@hlau_4100\nMax-Forwards: 70\n"
      "Contact: \"Caller\" <sip:caller@[2001:db8::1]>\nCSeq: 98176 REGISTER\n" +
          end);
  add("Rfc5118_4_3_ThePortMayBePartOfTheAddress",
      "REGISTER sip:[2001:db8::10:5070] SIP/2.0\nTo: sip:user@inside.example\n"
      "From: sip:user@inside.example;tag=81x2\n"
      "Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111\n"
      "Call-ID: SSG9559905523997077@hlau_4100\nContact: \"Caller\" <sip:caller@[2001:db8::1]>\n"
      "Max-Forwards: 70\nCSeq: 98176 REGISTER\n" +
          end);
  add("Rfc5118_4_4_OrBehindTheBracket",
      "REGISTER sip:[2001:db8::10]:5070 SIP/2.0\nTo: sip:user@inside.example\n"
      "From: sip:user@inside.example;tag=81x2\n"
      "Via: SIP/2.0/UDP [2001:db8::9:1]:5071;branch=z9hG4bKas3-111\n"
      "Call-ID: SSG9559905523997077@hlau_4100\nContact: \"Caller\" <sip:caller@[2001:db8::1]>\n"
      "Max-Forwards: 70\nCSeq: 98176 REGISTER\n" +
          end);
  add("Rfc5118_4_5_ReceivedWithBracketsBelow",
      "BYE sip:user@inside.example SIP/2.0\nTo: sip:user@inside.example\n"
      "From: sip:user@outside.example;tag=81x2\n"
      "Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKtop\n"
      "Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111\n"
      "Call-ID: SSG9559905523997077@hlau_4100\nMax-Forwards: 70\nCSeq: 321 BYE\n" +
          end);
  add("Rfc5118_4_5_ReceivedWithoutBracketsBelow",
      "OPTIONS sip:user@inside.example SIP/2.0\nTo: sip:user@inside.example\n"
      "From: sip:user@outside.example;tag=81x2\n"
      "Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKtop\n"
      "Via: SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3\n"
      "Call-ID: SSG95523997077@hlau_4100\nMax-Forwards: 70\nCSeq: 921 OPTIONS\n" +
          end);
  return forms;
}

/// Every method with every quirk: what stands in headers that a proxy has no business with.
inline std::vector<NamedMessage> quirky_requests() {
  const std::vector<std::string> methods{
      "OPTIONS", "REGISTER", "SUBSCRIBE", "NOTIFY", "BENOTIFY", "MESSAGE", "SERVICE",   "INFO",
      "REFER",   "PUBLISH",  "INVITE",    "UPDATE", "PRACK",    "BYE",     "NEGOTIATE", "n-e.w_1"};
  const std::vector<NamedMessage> quirks{
      {"Nothing", ""},
      {"BlankBeforeTheColon", "X-Odd   : value  \n"},
      {"Folds", "Subject: first\n second\n\tthird\n"},
      {"EmptyValue", "Supported:\nX-Empty:   \n"},
      {"UnknownTwice", "X-A: 1\nx-a: 2\nX-A: 1\n"},
      {"CompactForms", "k: timer\ns: compact\nu: presence\nr: <sip:a@b>\n"},
      {"ForeignCase", "cOnTaCt: <sip:Odd@198.51.100.9>\nSUPPORTED: 100REL\n"},
      {"Utf8AndHighBytes", "Subject: \xC3\xA4\xE2\x82\xAC\nX-High: \xFF\xFE\n"},
      {"QuotedCommas", "Contact: \"a, <b>;c\" <sip:odd@198.51.100.9>, <sip:other@198.51.100.9>\n"},
      {"TlsDsk",
       "Proxy-Authorization: TLS-DSK qop=\"auth\", realm=\"SIP Communications Service\", "
       "opaque=\"B98D442A\", targetname=\"FES.inside.example\", crand=\"7c9c139b\", cnum=\"341\", "
       "response=\"5f2e\"\n"},
      {"Microsoft",
       "ms-keep-alive: UAC;hop-hop=yes\nMs-Conversation-ID: AdAVcjHDbpcTqsLs==\n"
       "ms-endpoint-location-data: NetworkScope;ms-media-location-type=Internet\n"
       "Ms-Text-Format: text/plain; charset=UTF-8;msgr=WAAtAE0A;\nms-subnet: 198.51.100.0\n"},
      {"Diverted",
       "Diversion: <sip:carol@inside.example>;reason=no-answer;counter=1\n"
       "History-Info: <sip:carol@inside.example>;index=1,\n"
       " <sip:bob@inside.example;cause=408>;index=1.1\n"},
      {"ManyVias",
       "Via: SIP/2.0/TLS 10.5.16.49:50713;branch=z9hG4bKA4DDC881.B787D954576D034C;branched=FALSE;"
       "ms-received-port=50713;ms-received-cid=CA0BA800, SIP/2.0/TLS 192.168.178.61:52486;"
       "received=10.5.17.254;ms-received-port=52486;ms-received-cid=2989C00\n"},
      {"RecordRoutes",
       "Record-Route: <sip:sippool.example:443;transport=tls;opaque=state:F:Ci.x;lr;"
       "ms-route-sig=gdF-x-x>;ms-rrsig=gdRrFAY4;tag=x\n"},
      {"Timestamp", "Timestamp: 54.21 0.3\nDate: Sat, 13 Nov 2010 23:29:00 GMT\n"},
  };
  std::vector<NamedMessage> messages;
  for (const std::string& method : methods) {
    for (const NamedMessage& quirk : quirks) {
      const bool has_body = quirk.name.size() % 2 == 0 && method != "INVITE";
      const std::string type = has_body ? "Content-Type: application/x-odd; a=\"b\"\n" : "";
      const std::string body = has_body ? std::string{"\0\r\n\r\n--x\xFF body\n", 15} : "";
      messages.push_back({method + "_" + quirk.name,
                          odd_request(method, "sip:bob@inside.example", quirk.text + type, body)});
    }
  }
  return messages;
}

}  // namespace avedge::sip::testing
