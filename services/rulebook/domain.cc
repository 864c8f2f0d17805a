#include "services/rulebook/domain.h"

#include <algorithm>
#include <initializer_list>
#include <set>

#include "base/check.h"
#include "base/sha256.h"
#include "rules/form.h"
#include "rules/level.h"
#include "services/rulebook/items.h"
#include "services/rulebook/views.h"

namespace wanmi::rulebook {
namespace {

using rules::Context;
using state::State;
using v1::Document;
using Decision = rules::Decision<v1::Event>;
using Outcome = base::Result<Decision>;

constexpr size_t kCommentBytesMax = 2'000;
constexpr size_t kNumberBytesMax = 200;

// ---- who ----

base::Status RequireKind(const Context& context, std::initializer_list<common::v1::PostKind> kinds,
                         std::string_view what, std::string_view whom) {
  const bool right =
      std::find(kinds.begin(), kinds.end(), context.actor.post_kind()) != kinds.end();
  if (right && !rules::ByReaction(context)) return {};
  return base::PermissionDenied("{} is for {}; post '{}' of unit '{}' is {} on {}", what, whom,
                                context.actor.post_id(), context.actor.unit_id(),
                                common::v1::PostKind_Name(context.actor.post_kind()),
                                common::v1::Axis_Name(context.actor.axis()));
}

base::Status MayPropose(const Context& context) {
  if (rules::ByBootstrap(context)) return {};
  if (rules::On(context, common::v1::AXIS_DISPOSAL)) {
    return base::PermissionDenied(
        "proposing rules is not for the axis AXIS_DISPOSAL, on which unit {} "
        "stands; ask its overseer",
        context.actor.unit_id());
  }
  using namespace common::v1;  // NOLINT: post kinds
  return RequireKind(context,
                     {POST_KIND_BASE_DATA_CLERK, POST_KIND_OPERATOR, POST_KIND_LEADER,
                      POST_KIND_SHIFT_LEADER, POST_KIND_DISPATCHER, POST_KIND_ASSESSOR},
                     "proposing rules",
                     "a base data clerk, operator, leader, shift leader, dispatcher "
                     "or assessor");
}

// Neither centre approves: the government or its committee does.
base::Status MayApprove(const Context& context) {
  if (rules::ByBootstrap(context)) return {};
  RETURN_IF_ERROR(rules::RequireAxis(context, common::v1::AXIS_NONE, "approving rules"));
  return RequireKind(context, {common::v1::POST_KIND_BASE_DATA_CLERK, common::v1::POST_KIND_LEADER},
                     "approving rules", "a leader or base data clerk of the approving body");
}

const std::string& BodyOf(const std::string& group, const std::string& unit) {
  return group.empty() ? unit : group;
}

base::Status RequireUnit(const Context& context) {
  if (!context.actor.unit_id().empty()) return {};
  return base::PermissionDenied(
      "expected an actor who acts for a unit, found none; two bodies make a rule");
}

base::Status RequireOtherBody(const State& state, const Context& context) {
  RETURN_IF_ERROR(RequireUnit(context));
  const common::v1::Actor& actor = context.actor;
  if (state.proposer_unit() == actor.unit_id() ||
      BodyOf(state.proposer_group(), state.proposer_unit()) ==
          BodyOf(actor.group_id(), actor.unit_id())) {
    return base::PermissionDenied(
        "{} {} version {} was proposed by unit {}; expected another body to "
        "approve it, found unit {}",
        state.kind(), state.name(), state.version(), state.proposer_unit(), actor.unit_id());
  }
  if (!actor.person_id().empty() && actor.person_id() == state.proposer_person()) {
    return base::PermissionDenied(
        "{} {} version {} was proposed by the same person; expected another one "
        "to approve it",
        state.kind(), state.name(), state.version());
  }
  return {};
}

// ---- propose ----

base::Status CheckForm(const v1::Propose& command) {
  RETURN_IF_ERROR(CheckKind(command.kind()));
  RETURN_IF_ERROR(rules::RequireId("the document's name", command.name()));
  RETURN_IF_ERROR(rules::LimitText("the comment", command.comment(), kCommentBytesMax));
  if (command.chunks() < 1 || command.chunks() > kChunksMax || command.chunk() < 0 ||
      command.chunk() >= command.chunks()) {
    return base::InvalidArgument(
        "expected a chunk from 0 on of 1 to {} chunks, found chunk {} of {}", kChunksMax,
        command.chunk(), command.chunks());
  }
  if (command.items_size() > kItemsMax || command.ByteSizeLong() > kChunkBytesMax) {
    return base::ResourceExhausted(
        "expected at most {} items in {} bytes a chunk, found {} in {}; make "
        "more chunks",
        kItemsMax, kChunkBytesMax, command.items_size(), command.ByteSizeLong());
  }
  if (command.items().empty() && command.chunks() > 1) {
    return base::InvalidArgument("expected items in chunk {}, found none", command.chunk());
  }
  for (const auto& item : command.items()) RETURN_IF_ERROR(CheckItem(command.kind(), item));
  return {};
}

// The version and chunk that may come next. The first proposal of a document is version 1.
base::Status CheckPlace(const State& state, const v1::Propose& command, const Context& context) {
  const bool open = state.stage() == Document::STATE_PROPOSED;
  const int64_t version = open ? state.version() : state.version() + 1;
  if (command.version() != version) {
    return base::FailedPrecondition("expected version {} of {} {}, found {}; propose that one",
                                    version, command.kind(), command.name(), command.version());
  }
  if (command.chunk() == 0) return {};
  const int here = open ? state.digests_size() : 0;
  if (command.chunk() > here || command.chunks() != state.chunks()) {
    return base::FailedPrecondition(
        "expected at most chunk {} of {}, found {} of {}; send the chunks in "
        "order, or begin again at 0",
        here, state.chunks(), command.chunk(), command.chunks());
  }
  if (state.proposer_unit() != context.actor.unit_id()) {
    return base::PermissionDenied(
        "version {} is being proposed by unit {}, found unit {}; begin again at "
        "chunk 0",
        version, state.proposer_unit(), context.actor.unit_id());
  }
  return {};
}

// A key may come again only where the chunks that hold it are replaced by this one.
base::Status CheckKeys(const v1::Propose& command, const base::Rows& rows) {
  std::set<std::string_view> keys;
  for (const auto& item : command.items()) {
    if (!keys.insert(item.key()).second) {
      return base::InvalidArgument("expected each key once, found '{}' twice in chunk {}",
                                   item.key(), command.chunk());
    }
  }
  if (command.chunk() == 0) return {};
  std::set<std::string> replaced;
  ScanChunkKeys(rows, command.kind(), command.name(), command.version(), command.chunk(),
                [&](std::string_view, state::ChunkKeys&& chunk) {
                  replaced.insert(chunk.keys().begin(), chunk.keys().end());
                  return true;
                });
  const base::Key prefix =
      rules::rulebook_rows::VersionKey(command.kind(), command.name(), command.version());
  for (const auto& item : command.items()) {
    if (replaced.contains(item.key())) continue;
    if (rules::rulebook_rows::kItems.Get(rows, base::Key(prefix).Tail(item.key()))) {
      return base::InvalidArgument(
          "expected each key once, found '{}' of chunk {} in a chunk before", item.key(),
          command.chunk());
    }
  }
  return {};
}

// The city has one level, in one item. It rises by one at a time: what one version brings is not
// skipped, and a slip of the pen does not shut a city for good, since it never falls.
base::Status CheckLevel(const State& state, const v1::Propose& command, const base::Rows& rows) {
  if (command.kind() != rules::kLevelKind) return {};
  if (command.name() != rules::kLevelName || command.items_size() != 1) {
    return base::InvalidArgument("expected the document '{}' with one item, found '{}' with {}",
                                 rules::kLevelName, command.name(), command.items_size());
  }
  const auto published = rules::rulebook_rows::kItems.Get(
      rows,
      rules::rulebook_rows::VersionKey(command.kind(), command.name(), state.published_version())
          .Tail(rules::kLevelKind));
  const int level = published ? published->level().level() : 1;
  if (command.items(0).level().level() == level + 1) return {};
  return base::FailedPrecondition(
      "expected level {}, since {} is published and a level rises by one, found {}", level + 1,
      level, command.items(0).level().level());
}

v1::DocumentChunk ChunkOf(const v1::Propose& command, const common::v1::Actor& actor) {
  v1::DocumentChunk chunk;
  chunk.set_kind(command.kind());
  chunk.set_name(command.name());
  chunk.set_version(command.version());
  chunk.set_chunk(command.chunk());
  chunk.set_chunks(command.chunks());
  *chunk.mutable_items() = command.items();
  chunk.set_proposer_person(actor.person_id());
  chunk.set_proposer_unit(actor.unit_id());
  chunk.set_proposer_group(actor.group_id());
  chunk.set_comment(command.comment());
  return chunk;
}

bool IsHere(const State& state, const v1::DocumentChunk& chunk) {
  const bool same_proposal = state.version() == chunk.version() &&
                             state.chunks() == chunk.chunks() &&
                             state.proposer_unit() == chunk.proposer_unit();
  if (!same_proposal || chunk.chunk() >= state.digests_size()) return false;
  const std::string previous =
      chunk.chunk() == 0 ? std::string() : state.digests(chunk.chunk() - 1);
  return ChunkDigest(previous, chunk) == state.digests(chunk.chunk());
}

Outcome DecidePropose(std::string_view stream, const State& state, const v1::Propose& command,
                      const Context& context) {
  RETURN_IF_ERROR(MayPropose(context));
  RETURN_IF_ERROR(RequireUnit(context));
  RETURN_IF_ERROR(CheckForm(command));
  v1::DocumentChunk chunk = ChunkOf(command, context.actor);
  if (IsHere(state, chunk)) return Decision();
  RETURN_IF_ERROR(CheckPlace(state, command, context));
  RETURN_IF_ERROR(CheckKeys(command, context.rows));
  RETURN_IF_ERROR(CheckLevel(state, command, context.rows));
  return Decision(stream, std::move(chunk));
}

// ---- approve, publish ----

template <class Command>
base::Status RequireLatest(const State& state, const Command& command) {
  if (state.version() != 0 && state.version() == command.version()) return {};
  return base::FailedPrecondition("expected the latest version of {} '{}', which is {}, found {}",
                                  command.kind(), command.name(), state.version(),
                                  command.version());
}

Outcome DecideApprove(std::string_view stream, const State& state, const v1::Approve& command,
                      const Context& context) {
  RETURN_IF_ERROR(MayApprove(context));
  RETURN_IF_ERROR(rules::RequireText("the number of the approving document (文号)",
                                     command.approving_number(), kNumberBytesMax));
  RETURN_IF_ERROR(RequireLatest(state, command));
  if (state.stage() != Document::STATE_PROPOSED) {
    if (state.approving_number() == command.approving_number()) return Decision();
    return base::FailedPrecondition("version {} is approved already, by {}", state.version(),
                                    state.approving_number());
  }
  if (state.digests_size() < state.chunks()) {
    return base::FailedPrecondition(
        "version {} is not whole: expected {} chunks, found {}; let the rest "
        "be proposed",
        state.version(), state.chunks(), state.digests_size());
  }
  const std::string digest = base::Hex(state.digests(state.chunks() - 1));
  if (!command.digest_hex().empty() && command.digest_hex() != digest) {
    return base::FailedPrecondition(
        "version {} was proposed anew since it was read: expected digest {}, "
        "found {}; read it again",
        state.version(), digest, command.digest_hex());
  }
  RETURN_IF_ERROR(RequireOtherBody(state, context));
  v1::DocumentApproved approved;
  approved.set_kind(state.kind());
  approved.set_name(state.name());
  approved.set_version(state.version());
  approved.set_approving_number(command.approving_number());
  return Decision(stream, std::move(approved));
}

// A document takes effect no sooner than all processes have folded it, else one partition would
// decide by it and another, later, not yet. The first of its name needs no lead (docs/adr/0015); a
// level does, since without one it is 1.
base::Time EarliestEffect(const State& state, const Context& context) {
  const bool first = state.published_version() == 0 && state.kind() != rules::kLevelKind;
  const base::Time earliest = first ? context.now : context.now + context.lead;
  return std::max(earliest, base::FromMicros(state.effective_at_us()));
}

Outcome DecidePublish(std::string_view stream, const State& state, const v1::Publish& command,
                      const Context& context) {
  RETURN_IF_ERROR(rules::RequireBaseData(context, "publishing a document"));
  RETURN_IF_ERROR(RequireLatest(state, command));
  const int64_t asked_us = command.effective_at_us();
  if (state.stage() == Document::STATE_PUBLISHED) {
    if (asked_us <= state.effective_at_us()) return Decision();
    return base::FailedPrecondition(
        "version {} is published and takes effect at {}; propose another "
        "version to change that",
        state.version(), base::FormatUtc(base::FromMicros(state.effective_at_us())));
  }
  if (state.stage() != Document::STATE_APPROVED) {
    return base::FailedPrecondition(
        "version {} of {} {} is not approved; expected another body to approve "
        "it first",
        state.version(), state.kind(), state.name());
  }
  const base::Time earliest = EarliestEffect(state, context);
  if (asked_us != 0 && base::FromMicros(asked_us) < earliest) {
    return base::FailedPrecondition(
        "expected version {} of {} {} to take effect at {} or later (the lead is {} s, and no "
        "version does before the one before it), found {}; leave the time out for the earliest",
        state.version(), state.kind(), state.name(), base::FormatUtc(earliest),
        std::chrono::duration_cast<std::chrono::seconds>(context.lead).count(),
        base::FormatUtc(base::FromMicros(asked_us)));
  }
  v1::DocumentPublished published;
  published.set_kind(state.kind());
  published.set_name(state.name());
  published.set_version(state.version());
  published.set_effective_at_us(std::max(asked_us, base::ToMicros(earliest)));
  published.set_digest_hex(base::Hex(state.digests(state.chunks() - 1)));
  published.set_chunks(state.chunks());
  return Decision(stream, std::move(published));
}

// ---- apply ----

void ApplyChunk(const v1::DocumentChunk& chunk, State* state) {
  const int at = chunk.chunk();
  CHECK(at <= state->digests_size() || at == 0, "chunk {} follows {}", at, state->digests_size());
  state->set_kind(chunk.kind());
  state->set_name(chunk.name());
  state->set_version(chunk.version());
  state->set_stage(Document::STATE_PROPOSED);
  state->set_chunks(chunk.chunks());
  state->clear_approving_number();
  state->set_proposer_person(chunk.proposer_person());
  state->set_proposer_unit(chunk.proposer_unit());
  state->set_proposer_group(chunk.proposer_group());
  state->mutable_digests()->DeleteSubrange(at, state->digests_size() - at);
  state->mutable_items()->Truncate(at);
  const bool first = at == 0;
  state->add_digests(ChunkDigest(first ? std::string() : state->digests(at - 1), chunk));
  state->add_items((first ? 0 : state->items(at - 1)) + chunk.items_size());
}

}  // namespace

std::string DocumentStream(std::string_view kind, std::string_view name) {
  return fmt::format("document/{}/{}", kind, name);
}

std::string ChunkDigest(std::string_view previous, const v1::DocumentChunk& chunk) {
  v1::DocumentChunk bare = chunk;
  bare.clear_proposer_person();
  bare.clear_proposer_unit();
  bare.clear_proposer_group();
  bare.clear_comment();
  return base::Sha256(std::string(previous).append(bare.SerializeAsString()));
}

std::string Target(const v1::Command& command) {
  const auto stream = [](const auto& of) { return DocumentStream(of.kind(), of.name()); };
  switch (command.kind_case()) {
    case v1::Command::kPropose:
      return stream(command.propose());
    case v1::Command::kApprove:
      return stream(command.approve());
    case v1::Command::kPublish:
      return stream(command.publish());
    case v1::Command::KIND_NOT_SET:
      break;
  }
  return {};
}

base::Result<rules::Decision<v1::Event>> Decide(std::string_view stream, const State& state,
                                                const v1::Command& command,
                                                const Context& context) {
  switch (command.kind_case()) {
    case v1::Command::kPropose:
      return DecidePropose(stream, state, command.propose(), context);
    case v1::Command::kApprove:
      return DecideApprove(stream, state, command.approve(), context);
    case v1::Command::kPublish:
      return DecidePublish(stream, state, command.publish(), context);
    case v1::Command::KIND_NOT_SET:
      break;
  }
  return base::InvalidArgument("expected a command of rulebook, found none");
}

void Apply(std::string_view, const v1::Event& event, State* state) {
  switch (event.kind_case()) {
    case v1::Event::kDocumentChunk:
      ApplyChunk(event.document_chunk(), state);
      break;
    case v1::Event::kDocumentApproved:
      state->set_stage(Document::STATE_APPROVED);
      state->set_approving_number(event.document_approved().approving_number());
      break;
    case v1::Event::kDocumentPublished:
      state->set_stage(Document::STATE_PUBLISHED);
      state->set_published_version(event.document_published().version());
      state->set_effective_at_us(event.document_published().effective_at_us());
      break;
    case v1::Event::KIND_NOT_SET:
      CHECK(false, "an event of rulebook has a kind");
  }
}

}  // namespace wanmi::rulebook
