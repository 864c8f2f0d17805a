#include "services/city/replica_hints.h"

#include "base/log.h"

namespace wanmi::city {
namespace {

constexpr std::chrono::seconds kAskMost{2};

base::Result<operations::v1::HintsView> Ask(server::Peers& peers, const std::string& service) {
  ASSIGN_OR_RETURN(const auto channel, peers.Of(service));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kAskMost);
  context.AddMetadata(server::kPeer, service);
  operations::v1::HintsView view;
  RETURN_IF_ERROR(server::Call(*channel, "/wanmi.operations.v1.Operations/GetHints", context,
                               operations::v1::GetHints(), &view));
  return view;
}

}  // namespace

operations::v1::HintsView HintsOf(const runtime::Host& host,
                                  const std::optional<std::string>& birth) {
  operations::v1::HintsView view;
  view.set_birth(birth.value_or(""));
  for (auto& known : host.Hints()) {
    auto& hint = *view.add_hints();
    hint.set_service(known.slice.service);
    hint.set_partition(known.slice.partition);
    hint.set_seq(known.seq);
    hint.set_hint(std::move(known.hint));
  }
  return view;
}

std::vector<runtime::Hint> HintsFromPeers(server::Peers& peers, const std::string& service,
                                          const std::string& birth) {
  std::vector<runtime::Hint> hints;
  const auto view = Ask(peers, service);
  if (view.ok() && view->birth() == birth) {
    for (const auto& hint : view->hints())
      hints.push_back({{hint.service(), hint.partition()}, hint.seq(), hint.hint()});
  }
  base::Log(base::Level::kInfo, "hints.asked",
            {{"found", hints.size()},
             {"reason", !view.ok()               ? view.status().ToString()
                        : view->birth() == birth ? ""
                                                 : "they are of other topics"}});
  return hints;
}

}  // namespace wanmi::city
