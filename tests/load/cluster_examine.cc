// cluster_examine.cc: what must be so when nobody asks for anything any more.
#include <fmt/format.h>

#include <fstream>
#include <thread>

#include "server/rpc.h"
#include "tests/load/cluster.h"
#include "tests/load/roster.h"
#include "wanmi/alarms/v1/alarms.pb.h"
#include "wanmi/intake/v1/intake.pb.h"

namespace wanmi::demo {
namespace {

using google::protobuf::Message;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kCallMost{5};
constexpr seconds kAgainMost{10};  // for who has not yet seen what a token saw
constexpr int kTokens = 8;         // from each replica

// A command, and the read whose answer has it.
struct WriteAndRead {
  const char *write, *read;  // paths
  std::unique_ptr<Message> command, query, view;
};

WriteAndRead NewDevice(const Roster& roster, const std::string& id) {
  auto command = std::make_unique<alarms::v1::RegisterDevice>();
  const Device& like = roster.devices().front();
  command->set_id("token-" + id);
  command->set_device("token-" + id);
  command->set_kind(like.kind);
  command->set_owner_unit(like.owner_unit);
  command->set_title(like.title);
  *command->mutable_place()->mutable_point() = like.point;
  auto query = std::make_unique<alarms::v1::GetDevice>();
  query->set_device("token-" + id);
  return {"/wanmi.alarms.v1.Alarms/RegisterDevice", "/wanmi.alarms.v1.Alarms/GetDevice",
          std::move(command), std::move(query), std::make_unique<alarms::v1::DeviceView>()};
}

// Of no class, so that it waits for an acceptor and nothing comes of it.
WriteAndRead NewReport(const Roster& roster, const std::string& id) {
  auto command = std::make_unique<intake::v1::Report>();
  command->set_id("token-" + id);
  command->set_report("token-" + id);
  command->set_source("app");
  *command->mutable_place()->mutable_point() = roster.spots().front().point;
  auto query = std::make_unique<intake::v1::GetReport>();
  query->set_report("token-" + id);
  return {"/wanmi.intake.v1.Intake/Report", "/wanmi.intake.v1.Intake/GetReport", std::move(command),
          std::move(query), std::make_unique<intake::v1::ReportView>()};
}

base::Status CallAt(grpc::Channel& channel, const Who& who, const std::string& path,
                    const std::string& token, const Message& request, Message* response) {
  const auto again_until = steady_clock::now() + kAgainMost;
  while (true) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kCallMost);
    context.AddMetadata("wanmi-person", who.person);
    context.AddMetadata("wanmi-post", who.post);
    if (!token.empty()) context.AddMetadata("wanmi-token-bin", token);
    auto status = server::Call(channel, path, context, request, response);
    if (!IsRetryable(status.code()) || steady_clock::now() > again_until) return status;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

Who GatewayFor(const Roster& roster, const std::string& what) {
  for (const auto& post : roster.Posts("gateway")) {
    if (post.find(what) != std::string::npos) return roster.Of(post);
  }
  return roster.Of(roster.Posts("gateway").front());
}

}  // namespace

// A read at any replica has what the receipt says that another has just given.
base::Status ClusterTown::ExamineTokens(const Roster& roster) {
  int reads = 0;
  for (const auto& giver : replicas_) {
    const bool alarms = giver->service == "alarms";
    if (!alarms && giver->service != "intake") continue;
    const Who who = GatewayFor(roster, alarms ? "sensor" : "app");
    for (int i = 0; i < kTokens; ++i) {
      const std::string id = fmt::format("{}-{}", giver->name, i);
      const WriteAndRead it = alarms ? NewDevice(roster, id) : NewReport(roster, id);
      common::v1::Receipt receipt;
      RETURN_IF_ERROR(CallAt(*peers_->At(giver->address), who, it.write, "", *it.command, &receipt)
                          .With(giver->name));
      for (const auto& reader : replicas_) {
        if (reader->service != giver->service) continue;
        ++reads;
        const auto read = CallAt(*peers_->At(reader->address), who, it.read, receipt.token(),
                                 *it.query, it.view.get());
        if (!read.ok())
          return base::DataLoss("{} was given a token of {} and has not what {} told Ok: {}",
                                reader->name, giver->service, giver->name, read.ToString());
      }
    }
  }
  fmt::print("{} reads at all replicas of intake and alarms had what their tokens saw\n", reads);
  return {};
}

// Who was killed notes each input before it takes it; a warning says that it could not.
base::Status ClusterTown::ExamineLogs() const {
  for (const auto& replica : replicas_) {
    std::ifstream in(folder_ + "/" + replica->name + ".log");
    for (std::string line; std::getline(in, line);) {
      if (line.find("\"mark.failed\"") != std::string::npos)
        return base::Internal("{} could not note what it took: {}", replica->name, line);
    }
  }
  return {};
}

// Nothing is decided any more: all replicas of a service have the same views, and so has a rebuild.
base::Status ClusterTown::Examine() {
  RETURN_IF_ERROR(brokers_->AllRun());
  RETURN_IF_ERROR(ExamineLogs());
  std::string last;
  for (int i = 0; i < 50; ++i) {
    const auto status = CompareViews();
    if (status.ok()) break;
    last = status.ToString();
    if (i == 49) return base::DataLoss("the replicas' views differ: {}", last);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  int compared = 0;
  RETURN_IF_ERROR(ExamineRebuilds(&compared));
  if (options_.mixed) RETURN_IF_ERROR(ExamineKinds());
  fmt::print("the views of all {} processes are equal, and equal to {} rebuilds\n",
             replicas_.size(), compared);
  return {};
}

base::Status ClusterTown::ExamineRebuilds(int* compared) const {
  for (size_t i = 0; i < replicas_.size(); i += static_cast<size_t>(options_.replicas)) {
    operations::v1::Rebuild order;
    operations::v1::RebuildView view;
    order.set_start(true);
    RETURN_IF_ERROR(Operate(replicas_[i]->address, "Rebuild", order, &view));
    order.set_start(false);
    while (view.state() == operations::v1::RebuildView::STATE_RUNNING) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      RETURN_IF_ERROR(Operate(replicas_[i]->address, "Rebuild", order, &view));
    }
    if (view.state() != operations::v1::RebuildView::STATE_DONE)
      return base::Internal("{} was not rebuilt: {}", replicas_[i]->name, view.problem());
    for (const auto& service : view.services()) {
      ++*compared;
      if (service.sha256_hex() != service.in_use_sha256_hex())
        return base::DataLoss("{}: a rebuild of {} differs", replicas_[i]->name, service.service());
    }
  }
  return {};
}

base::Status ClusterTown::CompareViews() const {
  std::map<std::string, std::map<std::string, std::string>> seen;  // service → digest → who
  for (const auto& replica : replicas_) {
    operations::v1::DigestsView view;
    RETURN_IF_ERROR(Operate(replica->address, "GetDigests", operations::v1::GetDigests(), &view));
    for (const auto& digest : view.digests())
      seen[digest.service()][digest.sha256_hex()] = replica->name;
  }
  for (const auto& [service, digests] : seen) {
    if (digests.size() == 1) continue;
    return base::DataLoss("{}: {} differs from {}", service, digests.begin()->second,
                          digests.rbegin()->second);
  }
  return {};
}

}  // namespace wanmi::demo
