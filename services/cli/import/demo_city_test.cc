// The whole of data/cities/weifang, decided and folded as a host would: then a point is located,
// its inspector is on shift, and a class has its filing condition and its unit.
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "base/partition.h"
#include "rules/directory_rows.h"
#include "rules/reference.h"
#include "services/alarms/service.h"
#include "services/cli/import/plan.h"
#include "services/directory/service.h"
#include "services/grid/service.h"
#include "services/rulebook/service.h"
#include "testkit/sample_city.h"
#include "wanmi/alarms/v1/alarms.pb.h"
#include "wanmi/grid/v1/grid.pb.h"

namespace wanmi::city_import {
namespace {

using google::protobuf::Message;
using testkit::kSampleNow;

constexpr const char* kCity = WANMI_SOURCE_DIR "/data/cities/weifang";

using LocateFunction = std::function<base::Result<common::v1::Place>(const common::v1::Place&)>;

// Seals by turning a text round, and asks nobody but the grid.
class ToyPreparation final : public rules::Preparation {
 public:
  explicit ToyPreparation(LocateFunction locate) : locate_(std::move(locate)) {}
  base::Result<common::v1::Sealed> Seal(std::string_view subject, std::string_view clear) override {
    common::v1::Sealed sealed;
    sealed.set_subject(std::string(subject));
    sealed.set_ciphertext(std::string(clear.rbegin(), clear.rend()));
    return sealed;
  }
  base::Status Ask(std::string_view service, std::string_view method, const Message& request,
                   Message* response) override {
    if (service != "grid" || method != "Locate") return base::Unavailable("nobody to ask");
    ASSIGN_OR_RETURN(*static_cast<common::v1::Place*>(response),
                     locate_(static_cast<const grid::v1::Locate&>(request).place()));
    return {};
  }
  base::Time now() const override { return kSampleNow; }

 private:
  const LocateFunction locate_;
};

// One partition of one service.
struct Slice {
  explicit Slice(rules::Definition d) : definition(std::move(d)) {
    if (definition.memory_view) memory = definition.memory_view();
  }
  const rules::Definition definition;
  base::MapRows rows;
  std::map<std::string, std::unique_ptr<Message>> states;
  std::unique_ptr<rules::MemoryView> memory;

  Message& State(const std::string& stream) {
    auto& state = states[stream];
    if (!state) state.reset(definition.state->New());
    return *state;
  }
};

class OneView final : public rules::Views {
 public:
  explicit OneView(const Slice& slice) : slice_(slice) {}
  const base::Rows& All() const override { return slice_.rows; }
  const base::Rows& Of(std::string_view) const override { return slice_.rows; }
  const rules::MemoryView* memory() const override { return slice_.memory.get(); }
  base::Time now() const override { return kSampleNow; }

 private:
  const Slice& slice_;
};

class ToyCity {
 public:
  ToyCity() {
    slices_.try_emplace("directory", directory::Define());
    slices_.try_emplace("rulebook", rulebook::Define());
    slices_.try_emplace("grid", grid::Define());
    slices_.try_emplace("alarms", alarms::Define());
  }

  // How many events came of it.
  base::Result<int> Send(const Command& sent) {
    Slice& slice = slices_.at(sent.service);
    const auto command = Wrapped(slice.definition.command, *sent.message);
    if (slice.definition.prepare) {
      ToyPreparation preparation([&](const auto& place) { return Locate(place); });
      RETURN_IF_ERROR(slice.definition.prepare(command.get(), preparation));
    }
    const std::string stream = slice.definition.target(*command);
    const auto reference = Reference();
    common::v1::Actor actor;
    if (sent.as_post.empty()) {
      actor.mutable_system()->set_service(std::string(rules::kBootstrap));
    } else {
      ASSIGN_OR_RETURN(actor, reference.ResolveActor(sent.as_person, sent.as_post));
    }
    const rules::Context context{kSampleNow, actor, slice.rows, reference, 0, 1, 1};
    ASSIGN_OR_RETURN(const auto decided,
                     slice.definition.decide(stream, slice.State(stream), *command, context));
    for (const auto& emission : decided.emissions) {
      EXPECT_EQ(base::RootOf(emission.stream), base::RootOf(stream));
      Message& state = slice.State(emission.stream);
      slice.definition.apply(emission.stream, *emission.event, &state);
      const rules::Fact<Message> fact{sent.service,    0,          ++seq_, 0,
                                      emission.stream, kSampleNow, actor,  *emission.event};
      slice.definition.project(fact, state, slice.rows);
    }
    if (slice.memory && !decided.emissions.empty()) slice.memory->Fold(stream, slice.rows);
    return static_cast<int>(decided.emissions.size());
  }
  base::Result<common::v1::Place> Locate(const common::v1::Place& place) const {
    grid::v1::Locate request;
    *request.mutable_place() = place;
    const Slice& slice = slices_.at("grid");
    for (const auto& query : slice.definition.queries) {
      if (query.method != "Locate") continue;
      ASSIGN_OR_RETURN(const auto answer, query.read(request, OneView(slice)));
      return static_cast<const common::v1::Place&>(*answer);
    }
    return base::Internal("grid locates");
  }
  rules::Reference Reference() const {
    return {slices_.at("directory").rows, slices_.at("rulebook").rows, kSampleNow};
  }
  const base::Rows& directory() const { return slices_.at("directory").rows; }

 private:
  static std::unique_ptr<Message> Wrapped(const Message* whole, const Message& kind) {
    std::unique_ptr<Message> wrapped(whole->New());
    const auto* descriptor = wrapped->GetDescriptor();
    for (int i = 0; i < descriptor->field_count(); ++i) {
      if (descriptor->field(i)->message_type() != kind.GetDescriptor()) continue;
      wrapped->GetReflection()->MutableMessage(wrapped.get(), descriptor->field(i))->CopyFrom(kind);
    }
    return wrapped;
  }
  std::map<std::string, Slice, std::less<>> slices_;
  int64_t seq_ = 0;
};

std::vector<Command> PlanRun(const char* run) {
  ImportReport report;
  PlanOptions options;
  options.run = run;
  auto plan = Plan(Folder(kCity), options, &report);
  EXPECT_EQ(report.Text(), "");
  CHECK(plan.ok(), "{}", plan.status().message());
  return std::move(*plan);
}

common::v1::ClassRef Class(const char* code) {
  common::v1::ClassRef ref;
  ref.set_edition("2013");
  ref.set_code(code);
  return ref;
}

// Imported once for all tests here, which only read it.
class DemoCity : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    city_ = new ToyCity();
    devices_ = new std::vector<alarms::v1::RegisterDevice>();
    for (const auto& command : PlanRun("1")) {
      if (command.service == "alarms") {
        devices_->push_back(static_cast<const alarms::v1::RegisterDevice&>(*command.message));
      }
      const auto events = city_->Send(command);
      ASSERT_TRUE(events.ok()) << command.file << " " << events.status().ToString();
      EXPECT_GT(*events, 0) << command.file << " " << command.message->ShortDebugString();
    }
  }
  static void TearDownTestSuite() {
    delete city_;
    delete devices_;
  }
  static ToyCity* city_;
  static std::vector<alarms::v1::RegisterDevice>* devices_;
};
ToyCity* DemoCity::city_ = nullptr;
std::vector<alarms::v1::RegisterDevice>* DemoCity::devices_ = nullptr;

TEST_F(DemoCity, EveryDeviceStandsInACellThatAnInspectorOnShiftWatches) {
  const auto reference = city_->Reference();
  ASSERT_GE(devices_->size(), 6u);
  for (const auto& device : *devices_) {
    const auto place = city_->Locate(device.place());
    ASSERT_TRUE(place.ok()) << place.status().message();
    ASSERT_EQ(place->responsibilities_size(), 1);
    const auto& watch = place->responsibilities(0);
    EXPECT_EQ(watch.layer(), "inspection");
    EXPECT_TRUE(reference.OnShift(watch.post_id()));
    EXPECT_EQ(reference.Post(watch.post_id())->kind(), common::v1::POST_KIND_INSPECTOR);
    EXPECT_EQ(place->district_code().substr(0, 4), "3707");
    // The holder of the post is someone whom the runtime would take a command from.
    std::string person;
    rules::directory_rows::kHolders.Scan(city_->directory(), base::Key().Text(watch.post_id()),
                                         [&](std::string_view, directory::v1::Holding&& holding) {
                                           person = holding.person_id();
                                           return false;
                                         });
    const auto actor = reference.ResolveActor(person, watch.post_id());
    ASSERT_TRUE(actor.ok()) << actor.status().message();
    EXPECT_EQ(actor->axis(), common::v1::AXIS_SUPERVISION);
  }
}

TEST_F(DemoCity, AMissingCoverIsUrgentAndHasItsUnit) {
  const auto reference = city_->Reference();
  const auto urgent = reference.Condition(Class("component/01-01"), "1");
  ASSERT_TRUE(urgent);
  EXPECT_TRUE(urgent->urgent());
  EXPECT_EQ(urgent->limits(0).unit(), rulebook::v1::LIMIT_UNIT_URGENT_HOUR);
  EXPECT_EQ(urgent->limits(0).amount(), 2);
  EXPECT_FALSE(reference.Condition(Class("component/01-01"), "3")->urgent());
  EXPECT_FALSE(reference.Condition(Class("component/01-01"), "9"));
  EXPECT_TRUE(reference.Condition(Class("event/05-02"), "1")->urgent());
}

TEST_F(DemoCity, TheManualSendsToPlacesSourcesAndSometimesNowhere) {
  const auto reference = city_->Reference();
  const auto unit = [&](const char* code, const char* community, const char* source = "") {
    const auto rule = reference.DispatchRule(Class(code), community, source);
    return rule ? rule->disposing_unit() : std::string();
  };
  EXPECT_EQ(unit("component/01-10", "370705001001"), "kw-heat");
  EXPECT_EQ(unit("component/01-10", "370703001001"), "ht-heat");
  EXPECT_EQ(unit("component/01-11", "370705001001"), "gasco");
  EXPECT_EQ(unit("event/04-05", "370705009001"), "st-370705009");
  EXPECT_EQ(unit("event/03-11", "370705001001", "building_site"), "kw-housing");
  EXPECT_EQ(unit("event/03-11", "370705001001", "borrow_pit"), "kw-land");
  EXPECT_EQ(unit("event/03-11", "370705001001"), "kw-enforcement");
  EXPECT_EQ(unit("event/04-03", "370705001001"), "");  // a dispatcher decides
  EXPECT_EQ(unit("component/05-01", "370705001001"), "");
  for (const auto& item : reference.Items("disposal_manual")) {
    EXPECT_TRUE(reference.Unit(item.dispatch_rule().disposing_unit())) << item.key();
  }
}

TEST_F(DemoCity, SourcesListsSettingsAndCalendarsHold) {
  const auto reference = city_->Reference();
  EXPECT_TRUE(reference.Source("12345")->pre_check());
  EXPECT_FALSE(reference.Source("self")->counts_as_found());
  EXPECT_TRUE(reference.WhiteList(reference.Source("sensor")->filing_white_list(), "file",
                                  Class("event/05-04"), "sensor"));
  EXPECT_TRUE(reference.ResolveWhiteList("dispatch", "rule-dispatch").ok());
  EXPECT_EQ(reference.Number("check_limit_minutes", 0), 30);
  EXPECT_EQ(reference.Text("closing_white_list", ""), "auto-close");
  EXPECT_EQ(reference.Calendar("city").years.size(), 2u);
  EXPECT_TRUE(reference.Calendar("inspection").works_every_day);
  EXPECT_TRUE(reference.Find("baselines", "heat_station/outlet_temperature"));
}

// The toy seals a name twice alike; a real vault does not, and a name would be an event again.
TEST_F(DemoCity, ImportedAgainItGivesNoEvents) {
  for (const auto& command : PlanRun("2")) {
    const auto events = city_->Send(command);
    ASSERT_TRUE(events.ok()) << command.file << " " << events.status().ToString();
    EXPECT_EQ(*events, 0) << command.file << " " << command.method;
  }
}

}  // namespace
}  // namespace wanmi::city_import
