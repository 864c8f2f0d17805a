#include "services/verification/evidence.h"

#include <algorithm>
#include <string>

#include "geo/point.h"

namespace wanmi::verification {
namespace {

using rules::Context;

constexpr int64_t kMinuteUs = 60'000'000;

base::Status CheckPiece(const common::v1::Evidence& piece, int number, const Context& context) {
  const bool hex = piece.sha256_hex().size() == 64 &&
                   piece.sha256_hex().find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!hex) {
    return base::InvalidArgument(
        "evidence {}: expected 64 hexadecimal digits in lower case as "
        "sha256_hex, found '{}'",
        number, piece.sha256_hex());
  }
  if (piece.kind() == common::v1::EVIDENCE_KIND_UNSPECIFIED) {
    return base::InvalidArgument("evidence {}: expected a kind, found none", number);
  }
  if (piece.taken_at_us() > base::ToMicros(context.now) + kMinuteUs) {
    return base::InvalidArgument("evidence {}: taken in the future, at {}; set the device's clock",
                                 number, base::FormatUtc(base::FromMicros(piece.taken_at_us())));
  }
  if (!piece.has_point()) return {};
  if (!(piece.accuracy_m() >= 0)) {  // also false for NaN
    return base::InvalidArgument("evidence {}: expected an accuracy of 0 m or more, found {}",
                                 number, piece.accuracy_m());
  }
  return geo::Validate({piece.point().longitude_deg(), piece.point().latitude_deg()});
}

}  // namespace

base::Result<Weighed> Weigh(const v1::CheckOpened& check, const v1::AnswerCheck& answer,
                            const Context& context) {
  const int64_t since_us = check.kind() == v1::CHECK_KIND_POST
                               ? std::max(check.feedback_at_us(), int64_t{1})
                               : check.opened_at_us();
  const double tolerance_m = context.reference.Number("evidence_tolerance_m", kToleranceDefaultM);
  const geo::Point place{check.place().point().longitude_deg(),
                         check.place().point().latitude_deg()};
  Weighed weighed;
  int number = 0;
  for (const auto& piece : answer.evidence()) {
    RETURN_IF_ERROR(CheckPiece(piece, ++number, context));
    const bool fresh = piece.taken_at_us() >= since_us;
    const bool fixed = piece.has_point() && check.place().has_point();
    double off_m = -1;
    if (fixed) {
      off_m =
          geo::DistanceMetres(place, {piece.point().longitude_deg(), piece.point().latitude_deg()});
      const double allowed_m =
          kCellSizeM + tolerance_m + std::min(piece.accuracy_m(), kAccuracyMaxM);
      if (off_m > allowed_m) {
        return base::InvalidArgument(
            "evidence {}: expected a place within {:.0f} m of the check's (unit grid, tolerance "
            "and accuracy), found {:.0f} m; look at the place itself",
            number, allowed_m, off_m);
      }
    }
    weighed.metres_off.push_back(off_m);
    weighed.fresh |= fresh;
    weighed.fresh_with_fix |= fresh && fixed;
    weighed.fresh_picture |= fresh && piece.kind() == common::v1::EVIDENCE_KIND_PICTURE;
  }
  if (!weighed.fresh) {
    return base::InvalidArgument(
        "expected at least one piece of evidence taken at or after {}, "
        "found none; look now",
        base::FormatUtc(base::FromMicros(since_us)));
  }
  return weighed;
}

base::Status CheckConsent(const Weighed& weighed, const v1::AnswerCheck& answer,
                          const Context& context) {
  if (weighed.fresh_with_fix) return {};
  if (!weighed.fresh_picture) {
    return base::InvalidArgument(
        "without a fix a picture that shows the street is needed, found none");
  }
  const auto post = context.reference.Post(answer.consent_post());
  if (!post || post->kind() != common::v1::POST_KIND_SHIFT_LEADER ||
      post->id() == context.actor.post_id()) {
    return base::InvalidArgument(
        "without a fix the consent of a shift leader other than the one who "
        "answers is needed, found post '{}'",
        answer.consent_post());
  }
  return {};
}

}  // namespace wanmi::verification
