// Source: a file of C++ or of messages, taken apart far enough to check how it is written.
//
// Not a parser: comments and literals are told from code, and braces are counted. That is enough
// for rules about words, widths and lengths, and it cannot be fooled by what stands in a text.
// Values; safe from any thread once made.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wanmi::tidy {

struct Include {
  int line;
  std::string path;  // "base/status.h" or "vector", without the quotes
};

struct Word {
  int line;
  std::string text;          // an identifier
  bool qualified;            // stands behind "::"
  bool qualifies;            // stands before "::"
  std::string_view keyword;  // "class", "struct", "message" … if that stands before it
};

struct Function {
  std::string name;
  int first_line;
  int last_line;
  int length() const { return last_line - first_line + 1; }
};

class Source {
 public:
  Source(std::string path, const std::string& text);

  const std::string& path() const { return path_; }
  // The text as it is, line by line; line n is lines()[n - 1].
  const std::vector<std::string>& lines() const { return lines_; }
  // The same lines with all but the code, or all but the comments, blanked out. Directives of the
  // preprocessor count as neither.
  const std::vector<std::string>& code() const { return code_; }
  const std::vector<std::string>& comments() const { return comments_; }
  const std::vector<Include>& includes() const { return includes_; }

  std::vector<Word> Words() const;
  std::vector<Function> Functions() const;

 private:
  std::string path_;
  std::vector<std::string> lines_, code_, comments_;
  std::vector<Include> includes_;
};

// "FileDataUtil" and "file_data_util" are {"file", "data", "util"}.
std::vector<std::string> PartsOf(std::string_view identifier);

}  // namespace wanmi::tidy
