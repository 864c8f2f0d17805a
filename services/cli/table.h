// Table: rows of text, printed in columns that stand straight in a terminal.
//
// Width counts terminal cells: a Chinese character takes two. A plain value, not safe across
// threads.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wanmi::cli {

// Cells that UTF-8 text takes in a terminal.
size_t WidthOf(std::string_view text);
// At least `width` cells, filled with blanks on the right.
std::string Padded(std::string_view text, size_t width);
// At most `width` cells, the last one an ellipsis if something was cut off.
std::string Cut(std::string_view text, size_t width);

class Table {
 public:
  explicit Table(std::vector<std::string> heads) : heads_(std::move(heads)) {}
  void Add(std::vector<std::string> row);  // of as many cells as there are heads
  size_t size() const { return rows_.size(); }
  std::string Text() const;  // the heads, then a line each; no blanks at line ends

 private:
  std::vector<std::string> heads_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace wanmi::cli
