#include "tests/load/roster.h"

#include <algorithm>
#include <fstream>
#include <set>

#include "wanmi/grid/v1/grid.pb.h"

namespace wanmi::demo {
namespace {

using Row = std::map<std::string, std::string>;

constexpr int kPageSize = 500;

// One line of CSV: fields may be quoted, quotes are doubled.
std::vector<std::string> Split(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back().push_back(line[++i]);
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else if (c != '\r') {
      fields.back().push_back(c);
    }
  }
  return fields;
}

base::Result<std::vector<Row>> ReadTable(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  if (!in || !std::getline(in, line))
    return base::NotFound("expected a table, found none at {}", file);
  const auto head = Split(line);
  std::vector<Row> rows;
  while (std::getline(in, line)) {
    if (line.empty()) continue;
    const auto fields = Split(line);
    Row row;
    for (size_t i = 0; i < head.size() && i < fields.size(); ++i) row[head[i]] = fields[i];
    rows.push_back(std::move(row));
  }
  return rows;
}

common::v1::Point PointOf(double longitude_deg, double latitude_deg) {
  common::v1::Point point;
  point.set_longitude_deg(longitude_deg);
  point.set_latitude_deg(latitude_deg);
  return point;
}

common::v1::Point MiddleOf(const grid::v1::Cell& cell) {
  double longitude = 0, latitude = 0;
  for (const auto& corner : cell.ring()) {
    longitude += corner.longitude_deg() / cell.ring_size();
    latitude += corner.latitude_deg() / cell.ring_size();
  }
  return PointOf(longitude, latitude);
}

// The filing standards as classes with conditions numbered from 1, and which of them are urgent.
std::vector<Ground> GroundsOf(const std::vector<Row>& standards, const std::vector<Row>& urgent) {
  std::set<std::string> urgents;
  for (const auto& row : urgent) urgents.insert(row.at("code") + " " + row.at("condition"));
  std::vector<Ground> grounds;
  std::map<std::string, int> counts;
  for (const auto& row : standards) {
    const std::string code =
        row.at("kind") + "/" + row.at("major_code") + "-" + row.at("minor_code");
    Ground ground;
    ground.class_ref.set_edition(row.at("edition"));
    ground.class_ref.set_code(code);
    ground.condition = std::to_string(++counts[row.at("edition") + code]);
    ground.urgent = urgents.count(code + " " + ground.condition) > 0;
    grounds.push_back(std::move(ground));
  }
  return grounds;
}

base::Result<std::vector<grid::v1::Region>> RegionsOf(Client& client, const Who& who,
                                                      const std::string& parent) {
  std::vector<grid::v1::Region> regions;
  grid::v1::ListRegions list;
  list.set_parent(parent);
  list.mutable_page()->set_size(kPageSize);
  do {
    grid::v1::RegionPage page;
    RETURN_IF_ERROR(client.Ask("/wanmi.grid.v1.Grid/ListRegions", who, list, &page));
    regions.insert(regions.end(), page.regions().begin(), page.regions().end());
    list.mutable_page()->set_token(page.next());
  } while (!list.page().token().empty());
  return regions;
}

}  // namespace

base::Result<Roster> Roster::Read(const std::string& folder) {
  Roster roster;
  ASSIGN_OR_RETURN(const auto units, ReadTable(folder + "/units.csv"));
  for (const auto& row : units) {
    roster.units_[row.at("id")] = {row.at("name"), row.at("axis"), row.at("level"), row.at("area")};
    if (row.at("level") == "district" && row.at("axis") == "none")
      roster.districts_.push_back(row.at("area"));
  }
  ASSIGN_OR_RETURN(const auto posts, ReadTable(folder + "/posts.csv"));
  for (const auto& row : posts)
    roster.posts_.push_back({row.at("id"), row.at("unit"), row.at("kind"), ""});
  ASSIGN_OR_RETURN(const auto persons, ReadTable(folder + "/persons.csv"));
  for (auto& post : roster.posts_) {
    for (const auto& row : persons) {
      if (row.at("post") != post.id) continue;
      if (post.person.empty() || row.at("on_shift") == "yes") post.person = row.at("id");
    }
  }
  ASSIGN_OR_RETURN(const auto watched, ReadTable(folder + "/responsibility.csv"));
  for (const auto& row : watched) {
    if (row.at("layer") == "inspection") roster.inspectors_[row.at("community")] = row.at("post");
  }
  ASSIGN_OR_RETURN(const auto standards, ReadTable(folder + "/../../filing_standards.csv"));
  ASSIGN_OR_RETURN(const auto urgent, ReadTable(folder + "/urgent.csv"));
  roster.grounds_ = GroundsOf(standards, urgent);
  ASSIGN_OR_RETURN(const auto devices, ReadTable(folder + "/devices.csv"));
  for (const auto& row : devices) {
    roster.devices_.push_back(
        {row.at("id"), row.at("kind"), row.at("owner_unit"), row.at("title"),
         PointOf(std::stod(row.at("longitude_deg")), std::stod(row.at("latitude_deg")))});
  }
  return roster;
}

base::Status Roster::ReadPlaces(Client& client) {
  const Who who = Of(Posts("acceptor").front());
  for (const auto& district : districts_) {
    ASSIGN_OR_RETURN(const auto streets, RegionsOf(client, who, district));
    for (const auto& street : streets) {
      streets_[street.code()] = street.name();
      ASSIGN_OR_RETURN(const auto communities, RegionsOf(client, who, street.code()));
      for (const auto& community : communities) {
        grid::v1::ListCells list;
        list.set_community(community.code());
        list.mutable_page()->set_size(kPageSize);
        grid::v1::CellPage page;
        RETURN_IF_ERROR(client.Ask("/wanmi.grid.v1.Grid/ListCells", who, list, &page));
        const auto inspector = inspectors_.find(community.code());
        for (const auto& cell : page.cells()) {
          spots_.push_back(
              {MiddleOf(cell), inspector == inspectors_.end() ? "" : inspector->second});
        }
      }
    }
  }
  if (!spots_.empty()) return {};
  return base::FailedPrecondition(
      "expected unit grids in the districts of units.csv, found none; import the city");
}

Who Roster::Of(const std::string& post) const {
  for (const auto& known : posts_) {
    if (known.id == post) return {known.person, post, "phone-" + known.person};
  }
  return {"nobody", post, ""};
}

std::vector<std::string> Roster::Posts(std::string_view kind, std::string_view unit) const {
  std::vector<std::string> found;
  for (const auto& post : posts_) {
    if (post.kind == kind && (unit.empty() || post.unit == unit)) found.push_back(post.id);
  }
  return found;
}

std::vector<std::string> Roster::DistrictUnits(std::string_view street_code) const {
  std::vector<std::string> found;
  for (const auto& [id, unit] : units_) {
    if (unit.axis == "disposal" && unit.level == "district" &&
        unit.area == street_code.substr(0, 6)) {
      found.push_back(id);
    }
  }
  return found;
}

std::string Roster::StreetName(const std::string& code) const {
  const auto found = streets_.find(code);
  return found == streets_.end() ? code : found->second;
}

}  // namespace wanmi::demo
