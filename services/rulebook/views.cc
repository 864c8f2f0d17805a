#include "services/rulebook/views.h"

#include <string>
#include <vector>

#include "base/sha256.h"
#include "rules/form.h"
#include "services/rulebook/items.h"

namespace wanmi::rulebook {

using base::Key;
using namespace rules::rulebook_rows;  // NOLINT: the three families are this file's subject

namespace {

void DropChunksFrom(const v1::DocumentChunk& chunk, const Key& prefix, base::RowWriter& rows) {
  std::vector<std::pair<std::string, state::ChunkKeys>> gone;
  ScanChunkKeys(rows, chunk.kind(), chunk.name(), chunk.version(), chunk.chunk(),
                [&](std::string_view key, state::ChunkKeys&& keys) {
                  gone.emplace_back(key, std::move(keys));
                  return true;
                });
  for (const auto& [row, chunk_keys] : gone) {
    for (const auto& key : chunk_keys.keys()) kItems.Delete(rows, Key(prefix).Tail(key));
    kChunkKeys.Delete(rows, row);
  }
}

void ProjectChunk(const v1::DocumentChunk& chunk, base::RowWriter& rows) {
  const Key prefix = VersionKey(chunk.kind(), chunk.name(), chunk.version());
  DropChunksFrom(chunk, prefix, rows);
  state::ChunkKeys keys;
  for (const auto& item : chunk.items()) {
    kItems.Put(rows, Key(prefix).Tail(item.key()), item);
    keys.add_keys(item.key());
  }
  kChunkKeys.Put(rows, Key(prefix).Number(chunk.chunk()), keys);
}

v1::Document DocumentOf(const state::State& state) {
  v1::Document document;
  document.set_kind(state.kind());
  document.set_name(state.name());
  document.set_version(state.version());
  document.set_state(state.stage());
  if (state.stage() == v1::Document::STATE_PUBLISHED) {
    document.set_effective_at_us(state.effective_at_us());
  }
  const int here = state.digests_size();
  document.set_items(state.items(here - 1));
  document.set_approving_number(state.approving_number());
  document.set_chunks(state.chunks());
  document.set_chunks_here(here);
  document.set_digest_hex(base::Hex(state.digests(here - 1)));
  document.set_proposer_unit(state.proposer_unit());
  return document;
}

int64_t VersionNow(std::string_view kind, std::string_view name, const rules::Views& views) {
  int64_t version = 0;
  kEffective.Scan(views.All(), Key().Text(kind).Text(name),
                  Key().Text(kind).Text(name).Number(-base::ToMicros(views.now())).str(),
                  [&](std::string_view, v1::Document&& document) {
                    version = document.version();
                    return false;
                  });
  return version;
}

}  // namespace

void ScanChunkKeys(const base::Rows& rows, std::string_view kind, std::string_view name,
                   int64_t version, int chunk,
                   const std::function<bool(std::string_view, state::ChunkKeys&&)>& visit) {
  const Key prefix = VersionKey(kind, name, version);
  kChunkKeys.Scan(rows, prefix, Key(prefix).Number(chunk), visit);
}

void Project(const rules::Fact<v1::Event>& fact, const state::State& after, base::RowWriter& rows) {
  if (fact.event.has_document_chunk()) ProjectChunk(fact.event.document_chunk(), rows);
  const v1::Document document = DocumentOf(after);
  kDocuments.Put(rows, VersionKey(document.kind(), document.name(), document.version()), document);
  if (fact.event.has_document_published()) {
    kEffective.Put(rows,
                   EffectiveKey(document.kind(), document.name(), document.effective_at_us(),
                                document.version()),
                   document);
  }
}

base::Result<v1::DocumentPage> ListDocuments(const v1::ListDocuments& request,
                                             const rules::Views& views) {
  if (!request.kind().empty()) RETURN_IF_ERROR(CheckKind(request.kind()));
  const Key prefix = request.kind().empty() ? Key() : Key().Text(request.kind());
  v1::DocumentPage page;
  ASSIGN_OR_RETURN(*page.mutable_next(),
                   rules::ReadPage(views.All(), kDocuments, prefix, request.page(),
                                   [&](std::string_view, v1::Document&& document) {
                                     *page.add_documents() = std::move(document);
                                   }));
  return page;
}

base::Result<v1::ItemPage> ListItems(const v1::ListItems& request, const rules::Views& views) {
  RETURN_IF_ERROR(CheckKind(request.kind()));
  RETURN_IF_ERROR(rules::RequireId("the document's name", request.name()));
  const int64_t version = request.version() == 0 ? VersionNow(request.kind(), request.name(), views)
                                                 : request.version();
  const Key prefix = VersionKey(request.kind(), request.name(), version);
  if (version == 0 || !kDocuments.Get(views.All(), prefix)) {
    return base::NotFound("expected a version of {} {} that is there, found {}", request.kind(),
                          request.name(),
                          version == 0 ? "none that holds now" : std::to_string(version));
  }
  v1::ItemPage page;
  ASSIGN_OR_RETURN(*page.mutable_next(),
                   rules::ReadPage(views.All(), kItems, prefix, request.page(),
                                   [&](std::string_view, v1::Item&& item) {
                                     *page.add_items() = std::move(item);
                                   }));
  return page;
}

}  // namespace wanmi::rulebook
