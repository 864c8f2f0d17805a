// Roster: who works in the city, where its places are, and what can happen there, as the city's own
// files and its grid say. Read once, then only looked at: safe from any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tests/load/client.h"

namespace wanmi::demo {

struct Unit {
  std::string name;
  std::string axis;
  std::string level;
  std::string area;
};

struct Spot {
  common::v1::Point point;
  std::string inspector;  // post; may be empty
};

struct Ground {  // what is wrong: a class and its condition
  common::v1::ClassRef class_ref;
  std::string condition;
  bool urgent = false;
};

struct Device {
  std::string id, kind, owner_unit, title;
  common::v1::Point point;
};

class Roster {
 public:
  // From the files of a city, such as data/cities/weifang.
  static base::Result<Roster> Read(const std::string& folder);
  // From the grid of the running city: one spot in each of its unit grids, and its streets' names.
  base::Status ReadPlaces(Client& client);

  Who Of(const std::string& post) const;  // the person who holds it, on shift first
  std::vector<std::string> Posts(std::string_view kind, std::string_view unit = {}) const;
  const std::map<std::string, Unit>& units() const { return units_; }
  const std::vector<Spot>& spots() const { return spots_; }
  const std::vector<Ground>& grounds() const { return grounds_; }
  const std::vector<Device>& devices() const { return devices_; }
  // Units of the disposal axis of a district, for what no rule matched.
  std::vector<std::string> DistrictUnits(std::string_view street_code) const;
  std::string StreetName(const std::string& code) const;

 private:
  struct Post {
    std::string id, unit, kind, person;
  };
  std::vector<Post> posts_;
  std::map<std::string, Unit> units_;
  std::map<std::string, std::string> inspectors_;  // community → post
  std::map<std::string, std::string> streets_;     // code → name
  std::vector<std::string> districts_;
  std::vector<Spot> spots_;
  std::vector<Ground> grounds_;
  std::vector<Device> devices_;
};

}  // namespace wanmi::demo
