#include <algorithm>

#include "base/partition.h"
#include "services/intake/decisions.h"

namespace wanmi::intake {
namespace {

bool AllDigits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return '0' <= c && c <= '9'; });
}

bool IsSha256(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return ('0' <= c && c <= '9') || ('a' <= c && c <= 'f');
         });
}

}  // namespace

base::Status CheckReportId(std::string_view report) {
  if (report.empty() || report.size() > kIdLast) {
    return base::InvalidArgument("expected a report id of 1 to {} bytes, found {}; a UUID will do",
                                 kIdLast, report.size());
  }
  if (report.find('/') != std::string_view::npos || report.find('\0') != std::string_view::npos) {
    return base::InvalidArgument(
        "expected a report id without '/' and without NUL, found one in {} bytes; a UUID will do",
        report.size());
  }
  return {};
}

base::Status CheckCaseId(std::string_view case_id) {
  const std::string_view root = base::RootOf(case_id);
  const bool formed =
      root.size() < case_id.size() && case_id.substr(root.size()).starts_with("/c") &&
      AllDigits(case_id.substr(root.size() + 2)) && case_id.size() <= root.size() + 8;
  if (!CheckReportId(root).ok() || !formed) {
    return base::InvalidArgument(
        "expected a case id '<report>/c<n>', found one of {} bytes that is not", case_id.size());
  }
  return {};
}

base::Status CheckCommandId(std::string_view id) {
  if (!id.empty() && id.size() <= kIdLast) return {};
  return base::InvalidArgument("expected an id of 1 to {} bytes for the command, found {}", kIdLast,
                               id.size());
}

base::Status CheckText(std::string_view text, std::string_view what) {
  if (!text.empty() && text.size() <= kTextLast) return {};
  return base::InvalidArgument("expected {} of 1 to {} bytes, found {}", what, kTextLast,
                               text.size());
}

base::Status CheckSealed(const common::v1::Sealed& sealed) {
  if (sealed.ciphertext().size() <= kSealedLast) return {};
  return base::InvalidArgument(
      "expected at most {} bytes of sealed words, found {}; say it shorter", kSealedLast,
      sealed.ciphertext().size());
}

base::Status CheckEvidence(
    const google::protobuf::RepeatedPtrField<common::v1::Evidence>& evidence) {
  if (evidence.size() > kEvidenceLast) {
    return base::InvalidArgument("expected at most {} pieces of evidence, found {}", kEvidenceLast,
                                 evidence.size());
  }
  for (const auto& piece : evidence) {
    if (!IsSha256(piece.sha256_hex())) {
      return base::InvalidArgument(
          "expected evidence by its SHA-256, 64 small hex digits, found {} bytes",
          piece.sha256_hex().size());
    }
  }
  return {};
}

base::Status CheckPlace(const common::v1::Place& place) {
  if (place.cell_code().empty() || place.district_code().size() != 6 ||
      !AllDigits(place.district_code())) {
    return base::InvalidArgument(
        "expected a place that the grid has located, found cell '{}' in district '{}'; give a "
        "point "
        "inside the city",
        place.cell_code(), place.district_code());
  }
  return {};
}

base::Status CheckClass(const Context& context, const common::v1::ClassRef& class_ref) {
  if (context.reference.Class(class_ref)) return {};
  return base::NotFound("expected a class of the class table, found '{}' of edition '{}'",
                        class_ref.code(), class_ref.edition());
}

base::Status RequirePost(const Context& context, common::v1::Axis axis,
                         std::initializer_list<common::v1::PostKind> kinds, std::string_view what) {
  RETURN_IF_ERROR(rules::RequireAxis(context, axis, what));
  if (rules::ByReaction(context)) {
    return base::PermissionDenied("{} is for a person in a post, found a machine decision", what);
  }
  const bool holds = std::any_of(kinds.begin(), kinds.end(), [&](common::v1::PostKind kind) {
    return rules::Holds(context, kind);
  });
  if (holds) return {};
  std::string expected;
  for (const auto kind : kinds) {
    if (!expected.empty()) expected += " or ";
    expected += common::v1::PostKind_Name(kind);
  }
  return base::PermissionDenied("{} is for {}; post {} is {}", what, expected,
                                context.actor.post_id(),
                                common::v1::PostKind_Name(context.actor.post_kind()));
}

base::Status RequireReport(std::string_view stream, const state::Report& report) {
  if (!report.received().number().empty()) return {};
  return base::NotFound("expected a report that was received, found none '{}'", stream);
}

base::Status RequireCase(std::string_view stream, const state::Case& filed_case) {
  if (!filed_case.filed().number().empty()) return {};
  return base::NotFound("expected a case that was filed, found none '{}'", stream);
}

base::Status RequireUndecided(std::string_view stream, const state::Report& report) {
  if (report.stage() == state::Report::STAGE_RECEIVED ||
      report.stage() == state::Report::STAGE_CHECKING) {
    return {};
  }
  return base::FailedPrecondition("expected report {} to be received or checking, found it {}",
                                  stream, NameOf(report.stage()));
}

bool IsOpen(const state::Case& filed_case) {
  switch (filed_case.stage()) {
    case state::Case::STAGE_FILED:
    case state::Case::STAGE_CHECKING:
    case state::Case::STAGE_AWAITING_CLOSE:
      return true;
    default:
      return false;
  }
}

base::Result<std::optional<common::v1::Actor>> SignerOf(const Context& context,
                                                        std::string_view list,
                                                        std::string_view what,
                                                        const common::v1::ClassRef& class_ref,
                                                        std::string_view source) {
  if (!context.reference.WhiteList(list, what, class_ref, source)) {
    return std::optional<common::v1::Actor>();
  }
  ASSIGN_OR_RETURN(auto signer, context.reference.ResolveWhiteList("intake", list));
  if (signer.axis() != common::v1::AXIS_SUPERVISION) {
    return base::FailedPrecondition(
        "white list '{}' is signed by post {} of the axis {}; filing and closing need a post of "
        "the "
        "supervision axis",
        list, signer.post_id(), common::v1::Axis_Name(signer.axis()));
  }
  return std::optional<common::v1::Actor>(std::move(signer));
}

}  // namespace wanmi::intake
