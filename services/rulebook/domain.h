// rulebook: documents of rules, each version proposed as a whole, approved by another body,
// published.
//
// One stream is one document, "document/<kind>/<name>". Its latest version goes
//
//              Propose chunk 0 … n-1          Approve                 Publish
//   none ────────────────────────► proposed ──────────► approved ──────────────► published
//                                  │      ▲             │                        │
//                                  └──────┘             └──── Propose v + 1 ─────┴──► proposed (v +
//                                  1)
//                    Propose again: replaces from that chunk on;
//                    chunk 0 by another body: wholly
//
// Approval is by a person and a body (group, or unit without one) other than the proposer's (C12),
// for every kind. All chunks of a version come from one unit, so that nobody slips a part of their
// own under another's name and approves it. A version that was approved and not published may be
// overtaken by the next. A published version holds from its effective time on until a later one
// does; nothing is deleted, and no version takes effect before the one published before it. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "rules/context.h"
#include "rules/decision.h"
#include "services/rulebook/state.pb.h"
#include "wanmi/rulebook/v1/rulebook.pb.h"

namespace wanmi::rulebook {

inline constexpr int kChunksMax = 1'000;
inline constexpr int kItemsMax = 2'000;  // of a chunk
inline constexpr size_t kChunkBytesMax = 256 * 1024;

std::string DocumentStream(std::string_view kind, std::string_view name);
// The next link of a document's chained digest: over the chunk without its proposer and comment.
std::string ChunkDigest(std::string_view previous, const v1::DocumentChunk& chunk);

std::string Target(const v1::Command& command);
base::Result<rules::Decision<v1::Event>> Decide(std::string_view stream, const state::State& state,
                                                const v1::Command& command,
                                                const rules::Context& context);
void Apply(std::string_view stream, const v1::Event& event, state::State* state);

}  // namespace wanmi::rulebook
