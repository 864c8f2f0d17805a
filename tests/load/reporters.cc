// reporters.cc: citizens, the hotline, inspectors, superiors, departments and sensors.
#include <algorithm>

#include "tests/load/actors.h"
#include "wanmi/alarms/v1/alarms.pb.h"
#include "wanmi/intake/v1/intake.pb.h"

namespace wanmi::demo {
namespace {

constexpr double kGoodDegrees = 60, kLowDegrees = 25;
constexpr char kReport[] = "/wanmi.intake.v1.Intake/Report";

class Reporter final : public Actor {
 public:
  Reporter(Stage& stage, Day& day, std::vector<std::unique_ptr<Meter>>& meters)
      : stage_(stage), day_(day), meters_(meters) {}

  void Turn() override {
    for (int64_t number; (number = day_.Take(stage_.client.NowUs())) >= 0;) Tell(number);
  }

 private:
  void Tell(int64_t number) {
    const std::string id = MakeId(stage_.seed, "report", number);
    const double source = stage_.Draw(id, "source");
    if (source < 0.06 && !meters_.empty()) return Measure(id);
    if (source < 0.46) return Call(id);
    if (source < 0.64) return Send(id);
    if (source < 0.90) return Find(id);
    if (source < 0.96) return Order(id);
    Confess(id);
  }

  intake::v1::Report Make(const std::string& id, const std::string& source) {
    intake::v1::Report report;
    report.set_report(id);
    report.set_source(source);
    *report.mutable_place()->mutable_point() = SpotOf(id).point;
    return report;
  }
  const Spot& SpotOf(const std::string& id) const {
    const auto& spots = stage_.roster.spots();
    return spots[Pick(stage_.seed, id, "spot", spots.size())];
  }
  const Ground& GroundOf(const std::string& id) const {
    const auto& grounds = stage_.roster.grounds();
    return grounds[Pick(stage_.seed, id, "ground", grounds.size())];
  }
  Who OneOf(const std::string& id, std::string_view kind) const {
    const auto posts = stage_.roster.Posts(kind);
    return stage_.roster.Of(posts[Pick(stage_.seed, id, kind, posts.size())]);
  }
  void SetWords(const std::string& id, intake::v1::Report* report) const {
    report->mutable_words()->set_name("市民 " + id.substr(0, 4));
    report->mutable_words()->set_phone("0536-000" +
                                       std::to_string(Pick(stage_.seed, id, "phone", 9000) + 1000));
    report->mutable_words()->set_text("路边有问题, 请来看看");
  }

  // 12345: the call-taker often knows the class, and then an inspector is sent at once.
  void Call(const std::string& id) {
    auto report = Make(id, "12345");
    SetWords(id, &report);
    report.set_external_number("H" + id.substr(0, 12));
    if (stage_.Draw(id, "class") < 0.55) *report.mutable_class_ref() = GroundOf(id).class_ref;
    stage_.Act("reported by the hotline", kReport, OneOf(id, "call_taker"), report);
  }
  void Send(const std::string& id) {
    auto report = Make(id, "app");
    SetWords(id, &report);
    const Who gateway = GatewayOf("app");
    *report.add_evidence() =
        MakePicture(stage_, SpotOf(id).point, gateway, id, stage_.client.NowUs());
    if (stage_.Draw(id, "class") < 0.5) *report.mutable_class_ref() = GroundOf(id).class_ref;
    stage_.Act("reported by the app", kReport, gateway, report);
  }
  void Find(const std::string& id) {
    const Spot& spot = SpotOf(id);
    const bool own = !spot.inspector.empty() && stage_.Draw(id, "own") < 0.95;
    const Who who = own ? stage_.roster.Of(spot.inspector) : OneOf(id, "inspector");
    auto report = Make(id, "inspector");
    *report.mutable_class_ref() = GroundOf(id).class_ref;
    *report.add_evidence() = MakePicture(stage_, spot.point, who, id, stage_.client.NowUs());
    stage_.Act("found by an inspector", kReport, who, report);
  }
  // A superior's order files at once, under the white list of its source.
  void Order(const std::string& id) {
    auto report = Make(id, "superior");
    *report.mutable_class_ref() = GroundOf(id).class_ref;
    report.set_condition_id(GroundOf(id).condition);
    stage_.Act("ordered by a superior", kReport, OneOf(id, "acceptor"), report);
  }
  // 自查: a department tells of what it has found itself.
  void Confess(const std::string& id) {
    auto report = Make(id, "self");
    *report.mutable_class_ref() = GroundOf(id).class_ref;
    stage_.Act("told by a department", kReport, OneOf(id, "department_clerk"), report);
  }
  Who GatewayOf(const std::string& what) const {
    for (const auto& post : stage_.roster.Posts("gateway")) {
      if (post.find(what) != std::string::npos) return stage_.roster.Of(post);
    }
    return stage_.roster.Of(stage_.roster.Posts("gateway").front());
  }

  // A heat station goes cold. If it is cold already it has become warm in between.
  void Measure(const std::string& id) {
    const auto& devices = stage_.roster.devices();
    const size_t index = Pick(stage_.seed, id, "device", devices.size());
    Meter& meter = *meters_[index];
    const std::lock_guard lock(meter.mutex);
    if (meter.low && Ingest(devices[index].id, kGoodDegrees, "sensor well again", &meter))
      meter.low = false;
    if (!meter.low && Ingest(devices[index].id, kLowDegrees, "sensor alarm", &meter))
      meter.low = true;
  }
  bool Ingest(const std::string& device, double degrees, const std::string& branch, Meter* meter) {
    alarms::v1::Ingest ingest;
    ingest.set_device(device);
    meter->last_us = std::max(meter->last_us + 1, stage_.client.NowUs() - 5'000'000);
    for (int i = 0; i < 3; ++i) {  // as many in a row as any baseline asks for, and one more
      auto& reading = *ingest.add_readings();
      reading.set_metric("outlet_temperature");
      reading.set_value(degrees);
      reading.set_measured_at_us(meter->last_us++);
    }
    return stage_.Act(branch, "/wanmi.alarms.v1.Alarms/Ingest", GatewayOf("sensor"), ingest);
  }

  Stage& stage_;
  Day& day_;
  std::vector<std::unique_ptr<Meter>>& meters_;
};

}  // namespace

void Day::Open(int64_t first, int64_t count, int64_t opens_us, int64_t closes_us) {
  const std::lock_guard lock(mutex_);
  first_ = first;
  count_ = count;
  taken_ = 0;
  opens_us_ = opens_us;
  closes_us_ = closes_us;
}

int64_t Day::Take(int64_t now_us) {
  const std::lock_guard lock(mutex_);
  const double share =
      static_cast<double>(now_us - opens_us_) / static_cast<double>(closes_us_ - opens_us_);
  if (taken_ >= count_ || static_cast<double>(taken_) > share * static_cast<double>(count_))
    return -1;
  return first_ + taken_++;
}

int64_t Day::taken() const {
  const std::lock_guard lock(mutex_);
  return taken_;
}

int64_t Day::count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

std::unique_ptr<Actor> MakeReporter(Stage& stage, Day& day,
                                    std::vector<std::unique_ptr<Meter>>& meters) {
  return std::make_unique<Reporter>(stage, day, meters);
}

base::Status RegisterDevices(Client& client, const Roster& roster) {
  Who gateway;
  for (const auto& post : roster.Posts("gateway")) {
    if (gateway.post.empty() || post.find("sensor") != std::string::npos) gateway = roster.Of(post);
  }
  for (const auto& device : roster.devices()) {
    alarms::v1::GetDevice get;
    get.set_device(device.id);
    alarms::v1::DeviceView view;
    if (client.Ask("/wanmi.alarms.v1.Alarms/GetDevice", gateway, get, &view).ok()) continue;
    alarms::v1::RegisterDevice command;
    command.set_device(device.id);
    command.set_kind(device.kind);
    command.set_owner_unit(device.owner_unit);
    command.set_title(device.title);
    *command.mutable_place()->mutable_point() = device.point;
    RETURN_IF_ERROR(client.Do("/wanmi.alarms.v1.Alarms/RegisterDevice", gateway, command).status());
  }
  return {};
}

common::v1::Evidence MakePicture(const Stage& stage, const common::v1::Point& point, const Who& who,
                                 std::string_view about, int64_t taken_at_us) {
  common::v1::Evidence picture;
  picture.set_sha256_hex(MakeSha256(stage.seed, about));
  picture.set_kind(common::v1::EVIDENCE_KIND_PICTURE);
  *picture.mutable_point() = point;
  picture.set_accuracy_m(5);
  picture.set_taken_at_us(taken_at_us);
  picture.set_device_id(who.device);
  return picture;
}

}  // namespace wanmi::demo
