// A person is forgotten, everything is rebuilt, and no file of the city holds the name.
#include <sstream>

#include "tests/e2e/city_fixture.h"
#include "wanmi/directory/v1/directory.pb.h"
#include "wanmi/journal/v1/entry.pb.h"
#include "wanmi/operations/v1/operations.pb.h"

namespace wanmi::e2e {
namespace {

constexpr std::string_view kName = "无名氏乙丙丁";

// The files under a folder that hold these bytes.
std::vector<std::string> FilesWith(const std::string& folder, std::string_view bytes) {
  std::vector<std::string> found;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
    if (!file.is_regular_file()) continue;
    std::ostringstream text;
    text << std::ifstream(file.path(), std::ios::binary).rdbuf();
    if (text.str().find(bytes) != std::string::npos) found.push_back(file.path());
  }
  return found;
}

class ForgetTest : public CityFixture {
 protected:
  common::v1::Sealed SealedName(demo::Client& client) {
    operations::v1::ReadEntries read;
    read.set_service("directory");
    operations::v1::EntryPage page;
    EXPECT_TRUE(
        client.Ask("/wanmi.operations.v1.Operations/ReadEntries", kBootstrap, read, &page).ok());
    for (const auto& bytes : page.entries()) {
      journal::v1::Entry entry;
      EXPECT_TRUE(entry.ParseFromString(bytes));
      for (const auto& change : entry.changes()) {
        directory::v1::Event event;
        EXPECT_TRUE(change.events_size() > 0 && event.ParseFromString(change.events(0)));
        if (event.has_person_registered()) return event.person_registered().name();
      }
    }
    ADD_FAILURE() << "no person was registered";
    return {};
  }
  base::Result<std::string> Reveal(demo::Client& client, const common::v1::Sealed& sealed) {
    operations::v1::Reveal reveal;
    *reveal.mutable_sealed() = sealed;
    operations::v1::Revealed revealed;
    RETURN_IF_ERROR(
        client.Ask("/wanmi.operations.v1.Operations/Reveal", kBootstrap, reveal, &revealed));
    return revealed.clear();
  }
};

TEST_F(ForgetTest, NoFileHoldsTheNameAndTheChainStillVerifies) {
  demo::Client client(11, 0);
  Start(client);
  directory::v1::RegisterPerson person;
  person.set_person_id("p-1");
  person.set_name(std::string(kName));
  ASSERT_TRUE(client.Do("/wanmi.directory.v1.Directory/RegisterPerson", kBootstrap, person).ok());
  const common::v1::Sealed sealed = SealedName(client);
  EXPECT_EQ(*Reveal(client, sealed), kName);

  KillNow();  // the key was durable before the entry that uses it
  Start(client);
  EXPECT_EQ(*Reveal(client, sealed), kName);
  operations::v1::ForgetSubject forget;
  forget.set_subject(sealed.subject());
  operations::v1::Forgotten forgotten;
  ASSERT_TRUE(
      client.Ask("/wanmi.operations.v1.Operations/ForgetSubject", kBootstrap, forget, &forgotten)
          .ok());
  EXPECT_EQ(Reveal(client, sealed).status().code(), base::Code::kNotFound);

  Stop(client);
  EXPECT_EQ(Rebuild(), 0);
  EXPECT_TRUE(FilesWith(folder_, kName).empty());
  EXPECT_FALSE(FilesWith(folder_, sealed.ciphertext()).empty()) << "the entry itself stays";
  Start(client);
  EXPECT_EQ(Reveal(client, sealed).status().code(), base::Code::kNotFound);
}

}  // namespace
}  // namespace wanmi::e2e
