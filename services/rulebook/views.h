// rulebook's rows: the families of libs/rules/rulebook_rows.h, which every service reads, one
// private family, and the queries over them. Pure; called by the runtime.
#pragma once

#include <functional>
#include <string_view>

#include "base/rows.h"
#include "base/status.h"
#include "rules/fact.h"
#include "rules/rulebook_rows.h"
#include "rules/views.h"
#include "services/rulebook/state.pb.h"
#include "wanmi/rulebook/v1/rulebook.pb.h"

namespace wanmi::rulebook {

// kind, name, version, chunk: so that a chunk that is proposed anew takes its old items away
inline constexpr base::Family<state::ChunkKeys> kChunkKeys{19, "chunk"};

// Visits the keys of this chunk and of those after it.
void ScanChunkKeys(const base::Rows& rows, std::string_view kind, std::string_view name,
                   int64_t version, int chunk,
                   const std::function<bool(std::string_view, state::ChunkKeys&&)>& visit);

void Project(const rules::Fact<v1::Event>& fact, const state::State& after, base::RowWriter& rows);

base::Result<v1::DocumentPage> ListDocuments(const v1::ListDocuments& request,
                                             const rules::Views& views);
base::Result<v1::ItemPage> ListItems(const v1::ListItems& request, const rules::Views& views);

}  // namespace wanmi::rulebook
