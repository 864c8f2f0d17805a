#include "journal/transfer.h"

#include <algorithm>

#include "base/sha256.h"
#include "journal/chain.h"
#include "journal/transfer_file.h"

namespace wanmi::journal {
namespace {

constexpr int kFormat = 1;
constexpr size_t kRunBytes = 1 << 20;
constexpr int kRunEntries = 4'096;
constexpr std::string_view kImporting = "import ", kImported = "imported ";

v1::Position PositionOf(const Slice& slice, int64_t seq) {
  v1::Position position;
  position.set_service(slice.service);
  position.set_partition(slice.partition);
  position.set_seq(seq);
  return position;
}

int64_t SeqIn(const Positions& positions, const Slice& slice) {
  const auto found = positions.find(slice);
  return found == positions.end() ? 0 : found->second;
}

base::Status CheckNamed(const Positions& positions, const Slice& slice, const v1::Entry& entry) {
  base::Status status;
  ForEachNamed(entry, [&](const Slice& named, int64_t seq) {
    if (seq <= SeqIn(positions, named)) return;
    status =
        base::DataLoss("entry {} of {} names entry {} of {}, which ends at {}: not closed",
                       entry.seq(), ToString(slice), seq, ToString(named), SeqIn(positions, named));
  });
  return status;
}

base::Status CheckGenesis(const v1::TransferHeader& header, const Slice& slice,
                          const v1::Entry& entry) {
  const auto& genesis = entry.genesis();
  if (genesis.city() == header.city() && genesis.journal_id() == header.journal_id() &&
      genesis.service() == slice.service && genesis.partition() == slice.partition) {
    return {};
  }
  return base::DataLoss(
      "expected the first entry of {} to be the genesis of city {}, journal {}, found city '{}', "
      "journal '{}', slice {}/{}",
      ToString(slice), header.city(), header.journal_id(), genesis.city(), genesis.journal_id(),
      genesis.service(), genesis.partition());
}

// ---- export ----

class RunWriter {
 public:
  RunWriter(const Slice& slice, TransferWriter& writer) : slice_(slice), writer_(writer) {}
  base::Status Add(int64_t seq, std::string_view bytes) {
    auto& run = *record_.mutable_run();
    if (run.entries_size() == 0) {
      run.set_service(slice_.service);
      run.set_partition(slice_.partition);
      run.set_first_seq(seq);
    }
    run.add_entries(bytes.data(), bytes.size());
    bytes_ += bytes.size();
    return bytes_ >= kRunBytes || run.entries_size() >= kRunEntries ? Flush() : base::Status();
  }
  base::Status Flush() {
    if (!record_.has_run()) return {};
    const base::Status status = writer_.Write(record_);
    record_.Clear();
    bytes_ = 0;
    return status;
  }

 private:
  const Slice& slice_;
  TransferWriter& writer_;
  v1::TransferRecord record_;
  size_t bytes_ = 0;
};

base::Status ExportSlice(const Journal& journal, const Slice& slice, const Positions& positions,
                         const v1::TransferHeader& header, TransferWriter& writer,
                         v1::SliceEnd* end) {
  const int64_t last = SeqIn(positions, slice);
  ChainCheck chain;
  int incarnation = 0;
  RunWriter runs(slice, writer);
  base::Status status;
  const auto take = [&](int64_t seq, std::string_view bytes) -> base::Status {
    RETURN_IF_ERROR(chain.Take(bytes).With(ToString(slice)));
    if (seq == 1) RETURN_IF_ERROR(CheckGenesis(header, slice, chain.entry()));
    RETURN_IF_ERROR(CheckNamed(positions, slice, chain.entry()));
    if (seq == 1) incarnation = chain.entry().genesis().incarnation();
    if (chain.entry().has_restored()) incarnation = chain.entry().restored().incarnation();
    return runs.Add(seq, bytes);
  };
  if (last > 0) {
    RETURN_IF_ERROR(journal.Read(slice, 0, [&](int64_t seq, std::string_view bytes) {
      status = take(seq, bytes);
      return status.ok() && seq < last;
    }));
  }
  RETURN_IF_ERROR(status);
  if (chain.seq() != last) {
    return base::DataLoss("expected {} entries of {}, found {}", last, ToString(slice),
                          chain.seq());
  }
  if (last > 0 && incarnation != header.incarnation()) {
    return base::FailedPrecondition(
        "expected {} to be of incarnation {}, as the configuration says, found {}; give the city "
        "the identity that belongs to its journal",
        ToString(slice), header.incarnation(), incarnation);
  }
  *end->mutable_last() = PositionOf(slice, last);
  end->set_hash(chain.hash());
  return runs.Flush();
}

// ---- reading a file ----

// Follows a file from its header to its footer and checks all of it.
class Walk {
 public:
  // A run whose entries are as they should be, and the chain hash before it.
  using Visit =
      std::function<base::Status(const Slice&, const v1::TransferRun&, const std::string& prev)>;

  base::Result<TransferContent> Run(const std::string& file, const Visit& visit) {
    ASSIGN_OR_RETURN(const auto reader, TransferReader::Open(file));
    v1::TransferRecord record;
    RETURN_IF_ERROR(reader->Next(&record));
    RETURN_IF_ERROR(TakeHeader(record).With(file));
    while (true) {
      RETURN_IF_ERROR(reader->Next(&record));
      if (record.has_footer()) break;
      RETURN_IF_ERROR(TakeRun(record, visit).With(file));
    }
    RETURN_IF_ERROR(TakeFooter(record.footer()).With(file));
    content_.sum = base::Hex(reader->sum());
    return content_;
  }

 private:
  base::Status TakeHeader(const v1::TransferRecord& record) {
    const auto& header = record.header();
    if (!record.has_header() || header.format() != kFormat) {
      return base::InvalidArgument("expected format {}, found {}; use a newer program", kFormat,
                                   header.format());
    }
    for (const auto& slice : header.slices()) {
      content_.positions[{slice.service(), slice.partition()}] = slice.seq();
    }
    content_.header = header;
    return {};
  }

  base::Status TakeRun(const v1::TransferRecord& record, const Visit& visit) {
    const auto& run = record.run();
    const Slice slice{run.service(), run.partition()};
    ChainCheck& chain = chains_[slice];
    if (run.first_seq() != chain.seq() + 1 || run.entries_size() == 0) {
      return base::DataLoss(
          "expected entry {} of {}, found a run from {}: its parts are not in order",
          chain.seq() + 1, ToString(slice), run.first_seq());
    }
    const std::string prev = chain.hash();
    for (const auto& bytes : run.entries()) {
      RETURN_IF_ERROR(chain.Take(bytes).With(ToString(slice)));
      if (chain.seq() == 1) RETURN_IF_ERROR(CheckGenesis(content_.header, slice, chain.entry()));
      RETURN_IF_ERROR(CheckNamed(content_.positions, slice, chain.entry()));
    }
    content_.entries += run.entries_size();
    return visit(slice, run, prev);
  }

  base::Status TakeFooter(const v1::TransferFooter& footer) {
    Positions ends;
    for (const auto& end : footer.slices()) {
      const Slice slice{end.last().service(), end.last().partition()};
      const ChainCheck& chain = chains_[slice];
      ends[slice] = end.last().seq();
      if (end.last().seq() != chain.seq() || end.hash() != chain.hash()) {
        return base::DataLoss("expected {} to end at entry {} with hash {}, found entry {} and {}",
                              ToString(slice), end.last().seq(), base::Hex(end.hash()), chain.seq(),
                              base::Hex(chain.hash()));
      }
    }
    if (ends == content_.positions && ends.size() == chains_.size()) return {};
    return base::DataLoss("the header and the footer name other slices or ends");
  }

  TransferContent content_;
  std::map<Slice, ChainCheck> chains_;
};

// ---- import ----

class Importer {
 public:
  Importer(const TransferContent& content, Journal& journal, const ImportOptions& options)
      : content_(content), journal_(journal), options_(options) {}

  base::Status Run(const std::string& file) {
    std::vector<Slice> slices;
    for (const auto& [slice, seq] : content_.positions) slices.push_back(slice);
    RETURN_IF_ERROR(CatchUpAll(journal_, slices));
    for (const Slice& slice : slices) RETURN_IF_ERROR(CheckMayImport(slice));
    for (const auto& [slice, seq] : content_.positions) RETURN_IF_ERROR(Open(slice, kImporting));
    Walk walk;
    const auto walked =
        walk.Run(file, [this](const Slice& slice, const v1::TransferRun& run,
                              const std::string& prev) { return Append(slice, run, prev); });
    RETURN_IF_ERROR(walked.status());
    if (walked->sum != content_.sum) {
      return base::DataLoss("{} is another file than it was when it was checked", file);
    }
    for (auto& [slice, at] : slices_) RETURN_IF_ERROR(End(slice, at));
    // Only now may anybody else open it.
    for (const auto& [slice, seq] : content_.positions) RETURN_IF_ERROR(Open(slice, kImported));
    return {};
  }

 private:
  struct At {
    Writer writer;
    int64_t had = 0, seq = 0;  // entries that were there; now
    std::string hash = GenesisHash();
  };
  std::string Name(std::string_view what) const {
    return std::string(what) + content_.sum.substr(0, 16);
  }

  base::Status CheckMayImport(const Slice& slice) const {
    const auto fence = journal_.LastFence(slice);
    if (!fence.ok() && fence.status().code() != base::Code::kNotFound) return fence.status();
    ASSIGN_OR_RETURN(const int64_t last, journal_.LastSeq(slice));
    const std::string by = fence.ok() ? fence->instance() : "";
    if (by == Name(kImporting)) return {};
    if (by.starts_with(kImporting)) {
      return base::FailedPrecondition(
          "{} has half an import of another file ({}); finish that one, or begin with an empty "
          "journal",
          ToString(slice), by);
    }
    if (last == 0) return {};
    v1::Entry first;
    RETURN_IF_ERROR(journal_.Read(slice, 0, [&](int64_t, std::string_view bytes) {
      (void)first.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
      return false;
    }));
    return base::AlreadyExists(
        "expected an empty journal, found {} entries of {}, of city {}, journal {}; import into a "
        "new place",
        last, ToString(slice), first.genesis().city(), first.genesis().journal_id());
  }

  base::Status Open(const Slice& slice, std::string_view what) {
    v1::Fence fence;
    fence.set_instance(Name(what));
    fence.set_level(content_.header.level());
    ASSIGN_OR_RETURN(const Opened opened, journal_.Open(slice, std::move(fence)));
    At& at = slices_[slice];
    at.writer = opened.writer;
    at.had = at.seq = opened.last_seq;
    if (at.had > SeqIn(content_.positions, slice) + (options_.incarnation != 0 ? 1 : 0)) {
      return base::FailedPrecondition("{} has {} entries, more than the file; begin anew",
                                      ToString(slice), at.had);
    }
    if (at.had == 0) return {};
    return journal_.Read(slice, at.had - 1, [&](int64_t, std::string_view bytes) {
      at.hash = ChainHash(bytes);
      return false;
    });
  }

  // What is there already is compared where it ends; the rest is appended.
  base::Status Append(const Slice& slice, const v1::TransferRun& run, const std::string& prev) {
    At& at = slices_[slice];
    Batch batch{at.writer, run.first_seq(), prev, {}};
    int64_t seq = run.first_seq() - 1;
    std::string hash = prev;
    for (const auto& bytes : run.entries()) {
      ++seq;
      if (seq > at.had) {
        batch.entries.push_back(bytes);
        continue;
      }
      hash = ChainHash(bytes);
      if (seq == at.had && hash != at.hash) {
        return base::FailedPrecondition(
            "entry {} of {} is another one in the journal than in the file; begin with an empty "
            "journal",
            seq, ToString(slice));
      }
    }
    if (batch.entries.empty()) return {};
    batch.first_seq = std::max(run.first_seq(), at.had + 1);
    batch.prev = hash;
    at.hash = ChainHash(batch.entries.back());
    at.seq = seq;
    RETURN_IF_ERROR(AppendBatch(slice, batch));
    if (seq == SeqIn(content_.positions, slice))
      options_.progress(fmt::format("{} {} entries", ToString(slice), seq));
    return {};
  }

  base::Status AppendBatch(const Slice& slice, const Batch& batch) {
    const Appended appended = journal_.Append({&batch, 1}).front();
    if (appended.outcome == Outcome::kOk) return {};
    return base::Unavailable("{} could not be appended from entry {} on: {}; import again",
                             ToString(slice), batch.first_seq, appended.why);
  }

  base::Status End(const Slice& slice, At& at) {
    const int64_t last = SeqIn(content_.positions, slice);
    if (options_.incarnation == 0 || at.seq > last || last == 0) return {};
    int64_t at_us = content_.header.made_at_us();
    RETURN_IF_ERROR(journal_.Read(slice, last - 1, [&](int64_t, std::string_view bytes) {
      v1::Entry entry;
      if (entry.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
        at_us = std::max(at_us, entry.at_us());
      return false;
    }));
    v1::Entry entry;
    entry.set_seq(last + 1);
    entry.set_prev(at.hash);
    entry.set_at_us(at_us);
    entry.set_level(content_.header.level());
    entry.mutable_restored()->set_incarnation(options_.incarnation);
    return AppendBatch(slice, {at.writer, last + 1, at.hash, {entry.SerializeAsString()}});
  }

  const TransferContent& content_;
  Journal& journal_;
  const ImportOptions& options_;
  std::map<Slice, At> slices_;
};

}  // namespace

base::Status Export(const Journal& journal, const Positions& positions, v1::TransferHeader header,
                    const std::string& file, const Progress& progress) {
  header.set_format(kFormat);
  for (const auto& [slice, seq] : positions) *header.add_slices() = PositionOf(slice, seq);
  ASSIGN_OR_RETURN(const auto writer, TransferWriter::Create(file));
  v1::TransferRecord first, last;
  *first.mutable_header() = header;
  RETURN_IF_ERROR(writer->Write(first));
  auto& footer = *last.mutable_footer();
  for (const auto& [slice, seq] : positions) {
    RETURN_IF_ERROR(ExportSlice(journal, slice, positions, header, *writer, footer.add_slices()));
    progress(fmt::format("{} {} entries", ToString(slice), seq));
  }
  RETURN_IF_ERROR(writer->Write(last));
  return writer->Finish();
}

base::Result<TransferContent> CheckTransfer(const std::string& file) {
  return Walk().Run(file, [](const Slice&, const v1::TransferRun&, const std::string&) {
    return base::Status();
  });
}

base::Status Import(const std::string& file, const TransferContent& content, Journal& journal,
                    const ImportOptions& options) {
  return Importer(content, journal, options).Run(file);
}

base::Status CheckNoHalfImport(const Journal& journal, const std::vector<Slice>& slices) {
  for (const Slice& slice : slices) {
    const auto fence = journal.LastFence(slice);
    if (!fence.ok() && fence.status().code() == base::Code::kNotFound) continue;
    RETURN_IF_ERROR(fence.status());
    if (fence->instance().starts_with(kImporting)) {
      return base::FailedPrecondition(
          "{} has half an import ({}); give import-journal the same file again, or begin anew",
          ToString(slice), fence->instance());
    }
  }
  return {};
}

}  // namespace wanmi::journal
