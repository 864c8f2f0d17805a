#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "services/cli/import/input.h"

namespace wanmi::city_import {
namespace {

using nlohmann::json;

constexpr const char* kFile = "city.json";
constexpr int kPartitionsMax = 1'024;

// One JSON object, key by key; each bad or unknown key is an error.
class Object {
 public:
  Object(const json& object, ImportReport* report) : object_(object), report_(report) {}

  std::string Text(const char* key) {
    const json* value =
        Find(key, "a text", [](const json& v) { return v.is_string() && !v.empty(); });
    return value ? value->get<std::string>() : std::string();
  }
  int64_t Integer(const char* key, int64_t least, int64_t last) {
    const json* value =
        Find(key, fmt::format("a whole number from {} to {}", least, last), [&](const json& v) {
          return v.is_number_integer() && v.get<int64_t>() >= least && v.get<int64_t>() <= last;
        });
    return value ? value->get<int64_t>() : least;
  }
  double Number(const char* key, double least, double last) {
    const json* value =
        Find(key, fmt::format("a number from {} to {}", least, last), [&](const json& v) {
          return v.is_number() && v.get<double>() >= least && v.get<double>() <= last;
        });
    return value ? value->get<double>() : least;
  }
  bool Flag(const char* key) {
    const json* value = Find(key, "true or false", [](const json& v) { return v.is_boolean(); });
    return value && value->get<bool>();
  }
  std::vector<json> Objects(const char* key) {
    const json* value = Find(key, "a list of objects", [](const json& v) {
      return v.is_array() && !v.empty() &&
             std::all_of(v.begin(), v.end(), [](const json& one) { return one.is_object(); });
    });
    return value ? value->get<std::vector<json>>() : std::vector<json>();
  }
  void RefuseOthers() {
    for (const auto& [key, value] : object_.items()) {
      if (std::find(known_.begin(), known_.end(), key) == known_.end())
        Bad(key, "a key that is known", "another");
    }
  }
  void Bad(const std::string& key, std::string expected, std::string found) {
    report_->errors.push_back({kFile, 0, key, std::move(expected), std::move(found)});
  }

 private:
  template <class Fits>
  const json* Find(const char* key, std::string expected, Fits fits) {
    known_.push_back(key);
    const auto found = object_.find(key);
    if (found == object_.end()) {
      Bad(key, std::move(expected), "nothing");
    } else if (!fits(*found)) {
      Bad(key, std::move(expected), found->dump(-1, ' ', false, json::error_handler_t::replace));
    } else {
      return &*found;
    }
    return nullptr;
  }

  const json& object_;
  ImportReport* const report_;
  std::vector<std::string> known_;
};

// The library tells where it stopped by an exception only; it goes no further than here.
std::optional<json> ParseJson(const std::string& bytes, ImportReport* report) {
  try {
    json value = json::parse(bytes);
    if (value.is_object()) return value;
    report->errors.push_back({kFile, 1, "", "an object", value.type_name()});
  } catch (const json::parse_error& error) {
    const auto end = bytes.begin() + static_cast<ptrdiff_t>(std::min(error.byte, bytes.size()));
    report->errors.push_back({kFile, 1 + static_cast<int>(std::count(bytes.begin(), end, '\n')), "",
                              "JSON", "something else there"});
  }
  return std::nullopt;
}

District TakeDistrict(const json& value, const City& city, ImportReport* report) {
  Object object(value, report);
  District district;
  district.code = object.Text("code");
  district.centre.longitude_deg = object.Number("longitude_deg", -180, 180);
  district.centre.latitude_deg = object.Number("latitude_deg", -80, 80);
  district.seed = static_cast<uint64_t>(object.Integer("seed", 0, INT64_MAX));
  object.RefuseOthers();
  if (!district.code.empty() && !district.code.starts_with(city.code)) {
    object.Bad("code", "a district's code that begins with " + city.code,
               "'" + district.code + "'");
  }
  return district;
}

}  // namespace

ReadFile Folder(const std::filesystem::path& folder) {
  return [folder](const std::string& path) -> base::Result<std::string> {
    std::ifstream file(folder / path, std::ios::binary);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    if (!file)
      return base::NotFound("expected a file {} that can be read, found none",
                            (folder / path).string());
    return std::move(bytes).str();
  };
}

base::Result<City> ReadCity(const ReadFile& read, ImportReport* report) {
  ASSIGN_OR_RETURN(const std::string bytes, read(kFile));
  const size_t errors_before = report->errors.size();
  const auto value = ParseJson(bytes, report);
  City city;
  if (value) {
    Object object(*value, report);
    city.name = object.Text("name");
    city.code = object.Text("code");
    city.demo = object.Flag("demo");
    city.partitions = static_cast<int>(object.Integer("partitions", 1, kPartitionsMax));
    city.utc_offset_minutes = static_cast<int>(object.Integer("utc_offset_minutes", -840, 840));
    for (const json& district : object.Objects("districts")) {
      city.districts.push_back(TakeDistrict(district, city, report));
    }
    city.proposer_post = object.Text("proposer_post");
    city.approver_post = object.Text("approver_post");
    city.approving_number = object.Text("approving_number");
    city.divisions = object.Text("divisions");
    city.classes = object.Text("classes");
    city.filing_standards = object.Text("filing_standards");
    object.RefuseOthers();
    if (!city.demo)
      object.Bad("demo", "true: unit grids are made up, so only a demo city can be planned",
                 "false");
  }
  if (report->errors.size() == errors_before) return city;
  return base::InvalidArgument("{}", report->errors[errors_before].Text());
}

std::optional<Table> Input::Open(const std::string& file,
                                 std::initializer_list<std::string_view> columns) const {
  const auto bytes = read(file);
  if (bytes.ok()) return ParseTable(file, *bytes, columns, report);
  report->errors.push_back({file, 0, "", "a file that can be read", bytes.status().message()});
  return std::nullopt;
}

bool Input::Needs(const std::string& file, const std::string& other, bool other_is_good) const {
  if (other_is_good) return true;
  report->errors.push_back({file, 0, "", "a good " + other + " to check it with",
                            "errors there; nothing of this file is imported"});
  return false;
}

}  // namespace wanmi::city_import
