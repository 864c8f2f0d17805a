#include "services/cli/evidence.h"

#include <fstream>
#include <sstream>

#include "base/sha256.h"
#include "services/cli/assign.h"

namespace wanmi::cli {

base::Result<common::v1::Evidence> PictureOf(const std::string& file, const std::string& at,
                                             int64_t taken_at_us, const std::string& device) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return base::NotFound("expected a picture, found no readable file '{}'", file);
  std::ostringstream bytes;
  bytes << stream.rdbuf();
  common::v1::Evidence evidence;
  evidence.set_sha256_hex(base::Hex(base::Sha256(bytes.str())));
  evidence.set_kind(common::v1::EVIDENCE_KIND_PICTURE);
  evidence.set_taken_at_us(taken_at_us);
  evidence.set_device_id(device);
  if (at.empty()) return evidence;
  ASSIGN_OR_RETURN(const LonLat point, ParseLonLat(at));
  evidence.mutable_point()->set_longitude_deg(point.longitude_deg);
  evidence.mutable_point()->set_latitude_deg(point.latitude_deg);
  evidence.set_accuracy_m(5);  // what a phone outdoors says
  return evidence;
}

std::string ReceiptText(const std::string& service, const common::v1::Receipt& receipt) {
  std::string text = fmt::format("{} {}/{}/{}",
                                 receipt.unchanged()  ? "it was so already:"
                                 : receipt.repeated() ? "was taken before as"
                                                      : "taken as",
                                 service, receipt.partition(), receipt.seq());
  text += "  stream " + receipt.stream();
  if (!receipt.number().empty()) text += "  number " + receipt.number();
  return text;
}

}  // namespace wanmi::cli
