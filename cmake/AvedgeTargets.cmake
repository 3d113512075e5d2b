# Every folder is a target, and a target sees only the folders it links to: each library exports an
# include directory of its own that holds nothing but symbolic links to its folder. A wrong arrow
# between folders is therefore a missing header, not a matter of review.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# What is compiled here is held to these warnings; system headers are not.
set(AVEDGE_WARNINGS -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
                    -Woverloaded-virtual -Wno-missing-field-initializers -Werror)

# avedge_library(NAME EXPOSE path... SOURCES file... DEPENDS target...)
#   EXPOSE: files or folders of the repository that users of this target may include.
#   Without SOURCES the target is header-only.
function(avedge_library name)
  cmake_parse_arguments(ARG "" "" "EXPOSE;SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  set(root ${CMAKE_BINARY_DIR}/include/${name})
  foreach(path IN LISTS ARG_EXPOSE)
    get_filename_component(parent ${root}/${path} DIRECTORY)
    file(MAKE_DIRECTORY ${parent})
    file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${path} ${root}/${path} SYMBOLIC)
  endforeach()
  if(ARG_SOURCES)
    add_library(${name} STATIC ${ARG_SOURCES})
    target_include_directories(${name} PUBLIC ${root})
    target_link_libraries(${name} PUBLIC ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE_DEPENDS})
    target_compile_options(${name} PRIVATE ${AVEDGE_WARNINGS})
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${root})
    target_link_libraries(${name} INTERFACE ${ARG_DEPENDS})
  endif()
endfunction()

# avedge_bpf_program(TARGET source NAME): compiles a program for the kernel and makes NAME.skel.h of
# it, which users of the header-only TARGET include. Only clang compiles for that machine.
find_program(CLANG clang REQUIRED)
find_program(BPFTOOL bpftool PATHS /usr/sbin REQUIRED)
function(avedge_bpf_program target source name)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o)
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${target})
  file(MAKE_DIRECTORY ${folder})
  add_custom_command(OUTPUT ${folder}/${name}.skel.h
    COMMAND ${CLANG} -g -O2 -Wall -Wextra -Werror -target bpf
            -I/usr/include/${CMAKE_LIBRARY_ARCHITECTURE} -MD -MF ${object}.d -MT ${folder}/${name}.skel.h
            -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${object}
    COMMAND ${BPFTOOL} gen skeleton ${object} name ${name} > ${folder}/${name}.skel.h
    DEPENDS ${source} DEPFILE ${object}.d VERBATIM)
  add_custom_target(${target}_header DEPENDS ${folder}/${name}.skel.h)
  add_library(${target} INTERFACE)
  add_dependencies(${target} ${target}_header)
  target_include_directories(${target} SYSTEM INTERFACE ${folder})
endfunction()

# avedge_test(NAME SOURCES file... DEPENDS target... [LABEL label]): a GoogleTest program, label
# "unit" unless another is given.
function(avedge_test name)
  cmake_parse_arguments(ARG "" "LABEL" "SOURCES;DEPENDS" ${ARGN})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} GTest::gmock GTest::gtest_main)
  target_compile_options(${name} PRIVATE ${AVEDGE_WARNINGS})
  gtest_discover_tests(${name} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT 120 DISCOVERY_TIMEOUT 60)
endfunction()

# avedge_fuzzer(NAME SOURCES file... DEPENDS target... [CORPUS folder]): a libFuzzer target.
# Without AVEDGE_FUZZ the same source is compiled against a driver that replays its corpus, so that
# every build checks that fuzz targets still compile and that the corpus passes (label "unit").
# Target `fuzzers` builds them all.
add_custom_target(fuzzers)
function(avedge_fuzzer name)
  cmake_parse_arguments(ARG "" "CORPUS" "SOURCES;DEPENDS" ${ARGN})
  if(AVEDGE_FUZZ)
    add_executable(${name} ${ARG_SOURCES})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    add_dependencies(fuzzers ${name})
  else()
    add_executable(${name} ${ARG_SOURCES} ${CMAKE_SOURCE_DIR}/tests/fuzz/replay_corpus.cpp)
    add_test(NAME corpus.${name} COMMAND ${name} ${CMAKE_SOURCE_DIR}/${ARG_CORPUS})
    set_tests_properties(corpus.${name} PROPERTIES LABELS unit TIMEOUT 60)
  endif()
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS})
  target_compile_options(${name} PRIVATE ${AVEDGE_WARNINGS})
endfunction()
