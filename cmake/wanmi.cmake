# What every target of Wanmi has in common: the language, the warnings, and the helpers
# wanmi_library(), wanmi_service(), wanmi_binary() and wanmi_test(). Nothing is global but these.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

option(WANMI_RULES_ONLY "Build the libraries, the rules and the simulator only, without gRPC" OFF)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE_PROGRAM})
endif()
find_program(LLD_PROGRAM ld.lld)
if(LLD_PROGRAM)
  add_link_options(-fuse-ld=lld)
endif()

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(Protobuf REQUIRED)
find_package(GTest REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(libzstd REQUIRED IMPORTED_TARGET libzstd)
find_package(RocksDB CONFIG REQUIRED)
if(NOT WANMI_RULES_ONLY)
  find_package(gRPC CONFIG REQUIRED)
  pkg_check_modules(rdkafka REQUIRED IMPORTED_TARGET rdkafka)
endif()
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
include(GoogleTest)
enable_testing()

set(WANMI_WARNINGS -Wall -Wextra -Wconversion -Wno-sign-conversion -Werror=switch
    -Werror=return-type -Werror=unused-result)

# wanmi_library(NAME intake_rules SOURCES domain.cc … DEPS wanmi::base …) makes wanmi::intake_rules.
function(wanmi_library)
  cmake_parse_arguments(arg "" "NAME" "SOURCES;DEPS" ${ARGN})
  add_library(wanmi_${arg_NAME} STATIC ${arg_SOURCES})
  add_library(wanmi::${arg_NAME} ALIAS wanmi_${arg_NAME})
  target_compile_options(wanmi_${arg_NAME} PRIVATE ${WANMI_WARNINGS})
  target_include_directories(wanmi_${arg_NAME} PUBLIC ${CMAKE_SOURCE_DIR}/libs ${CMAKE_SOURCE_DIR})
  target_link_libraries(wanmi_${arg_NAME} PUBLIC ${arg_DEPS})
endfunction()

# wanmi_binary(NAME wanmi-city SOURCES main.cc DEPS …)
function(wanmi_binary)
  cmake_parse_arguments(arg "" "NAME" "SOURCES;DEPS" ${ARGN})
  add_executable(${arg_NAME} ${arg_SOURCES})
  target_compile_options(${arg_NAME} PRIVATE ${WANMI_WARNINGS})
  target_link_libraries(${arg_NAME} PRIVATE ${arg_DEPS})
endfunction()

# wanmi_test(NAME status_test SOURCES status_test.cc DEPS … LABEL unit|contract|sim|e2e)
function(wanmi_test)
  cmake_parse_arguments(arg "" "NAME;LABEL;TIMEOUT" "SOURCES;DEPS" ${ARGN})
  if(NOT arg_LABEL)
    set(arg_LABEL unit)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  add_executable(${arg_NAME} ${arg_SOURCES})
  target_compile_options(${arg_NAME} PRIVATE ${WANMI_WARNINGS})
  target_compile_definitions(${arg_NAME} PRIVATE WANMI_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  target_link_libraries(${arg_NAME} PRIVATE ${arg_DEPS} GTest::gtest_main)
  gtest_discover_tests(${arg_NAME} DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
endfunction()

# wanmi_service(NAME dispatch SOURCES domain.cc policy.cc views.cc api.cc service.cc)
#
# Makes wanmi::dispatch. It links protobuf messages, base, rules, geo and calendar and nothing else,
# so no rule, view or query can reach a clock, a store or the network. state.proto beside the
# CMakeLists.txt is compiled in.
function(wanmi_service)
  cmake_parse_arguments(arg "" "NAME" "SOURCES" ${ARGN})
  set(state_proto ${CMAKE_CURRENT_SOURCE_DIR}/state.proto)
  set(generated ${CMAKE_BINARY_DIR}/gen/services/${arg_NAME}/state.pb)
  add_custom_command(
    OUTPUT ${generated}.cc ${generated}.h
    COMMAND protobuf::protoc --proto_path=${CMAKE_SOURCE_DIR} --proto_path=${CMAKE_SOURCE_DIR}/proto
            --cpp_out=${CMAKE_BINARY_DIR}/gen ${state_proto}
    DEPENDS ${state_proto} wanmi_protos VERBATIM)
  wanmi_library(NAME ${arg_NAME} SOURCES ${arg_SOURCES} ${generated}.cc
    DEPS wanmi::protos wanmi::base wanmi::geo wanmi::calendar wanmi::rules)
endfunction()

# wanmi_mutants(NAME main.cc …) makes an executable in which planted bugs (base/mutants.h) can be
# switched on: journal, store and runtime are compiled again, with WANMI_MUTANTS. Tests only.
function(wanmi_mutants NAME)
  set(libs ${CMAKE_SOURCE_DIR}/libs)
  set(sources "")
  foreach(lib journal store runtime)
    get_target_property(files wanmi_${lib} SOURCES)
    get_target_property(folder wanmi_${lib} SOURCE_DIR)
    foreach(file ${files})
      cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY ${folder})
      list(APPEND sources ${file})
    endforeach()
  endforeach()
  add_executable(${NAME} ${ARGN} ${sources})
  set_source_files_properties(${CMAKE_BINARY_DIR}/gen/runtime/rows.pb.cc PROPERTIES GENERATED ON)
  add_dependencies(${NAME} wanmi_runtime)
  target_compile_definitions(${NAME} PRIVATE WANMI_MUTANTS)
  target_compile_options(${NAME} PRIVATE ${WANMI_WARNINGS})
  target_include_directories(${NAME} PRIVATE ${libs} ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/gen)
  target_link_libraries(${NAME} PRIVATE wanmi::rules wanmi::base wanmi::rocks wanmi::protos
    PkgConfig::sodium PkgConfig::libzstd Threads::Threads)
endfunction()
