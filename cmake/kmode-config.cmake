# SPDX-License-Identifier: MIT
# find_package(kmode): the kmode command and kmode_add_driver.
#
# Sets kmode_EXECUTABLE. Needs no language: project(NAME LANGUAGES NONE) will do.

cmake_minimum_required(VERSION 3.20)

get_filename_component(_kmode_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
set(kmode_EXECUTABLE "${_kmode_prefix}/bin/kmode" CACHE FILEPATH "The kmode command")
mark_as_advanced(kmode_EXECUTABLE)
file(GLOB _kmode_libraries "${_kmode_prefix}/lib/kmode/lib/x64/*.lib")
set(_kmode_libraries "${_kmode_libraries}" CACHE INTERNAL "")
if(NOT EXISTS "${kmode_EXECUTABLE}")
  set(kmode_FOUND FALSE)
  set(kmode_NOT_FOUND_MESSAGE "there is no kmode command at ${kmode_EXECUTABLE}")
  return()
endif()

# kmode_add_driver(NAME SOURCE...
#                  [CONFIG debug|release]         by default release for CMake's Release, RelWithDebInfo and
#                                                 MinSizeRel, and debug otherwise
#                  [OUTPUT_DIRECTORY DIR]         by default ${CMAKE_CURRENT_BINARY_DIR}
#                  [DEFINITIONS NAME[=VALUE]...]
#                  [INCLUDE_DIRECTORIES DIR...]
#                  [LIBRARIES FILE...]
#                  [COMPILE_OPTIONS FLAG...]
#                  [LINK_OPTIONS FLAG...])
#
# Adds a target NAME, part of ALL, that builds NAME.sys and NAME.pdb as `kmode build -o NAME.sys SOURCE...` does, and
# again when a source, a header it includes, or kmode itself has changed. The target's property KMODE_DRIVER is the
# path of the .sys.
function(kmode_add_driver name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "CONFIG;OUTPUT_DIRECTORY"
    "DEFINITIONS;INCLUDE_DIRECTORIES;LIBRARIES;COMPILE_OPTIONS;LINK_OPTIONS")
  if(NOT arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "kmode_add_driver(${name}): no sources")
  endif()
  if(NOT arg_OUTPUT_DIRECTORY)
    set(arg_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
  endif()
  if(NOT arg_CONFIG)
    set(arg_CONFIG "$<IF:$<CONFIG:Release,RelWithDebInfo,MinSizeRel>,release,debug>")
  endif()

  set(sources)
  foreach(source IN LISTS arg_UNPARSED_ARGUMENTS)
    get_filename_component(source "${source}" ABSOLUTE)
    list(APPEND sources "${source}")
  endforeach()

  set(options)
  foreach(definition IN LISTS arg_DEFINITIONS)
    list(APPEND options "-D${definition}")
  endforeach()
  foreach(directory IN LISTS arg_INCLUDE_DIRECTORIES)
    get_filename_component(directory "${directory}" ABSOLUTE)
    list(APPEND options "-I${directory}")
  endforeach()
  foreach(option IN LISTS arg_COMPILE_OPTIONS)
    list(APPEND options "--cflag=${option}")
  endforeach()
  foreach(option IN LISTS arg_LINK_OPTIONS)
    list(APPEND options "--ldflag=${option}")
  endforeach()
  set(libraries)
  foreach(library IN LISTS arg_LIBRARIES)
    list(APPEND options "-l${library}")
    if(IS_ABSOLUTE "${library}")
      list(APPEND libraries "${library}")
    endif()
  endforeach()

  set(driver "${arg_OUTPUT_DIRECTORY}/${name}.sys")
  set(dependencies "${CMAKE_CURRENT_BINARY_DIR}/${name}.sys.d")
  add_custom_command(
    OUTPUT "${driver}"
    BYPRODUCTS "${arg_OUTPUT_DIRECTORY}/${name}.pdb"
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${arg_OUTPUT_DIRECTORY}"
    COMMAND "${kmode_EXECUTABLE}" build --quiet --config "${arg_CONFIG}" -o "${driver}" --depfile "${dependencies}"
            ${options} -- ${sources}
    DEPENDS ${sources} ${libraries} "${kmode_EXECUTABLE}" ${_kmode_libraries}
    DEPFILE "${dependencies}"
    COMMENT "Building driver ${name}.sys"
    VERBATIM)
  add_custom_target(${name} ALL DEPENDS "${driver}" SOURCES ${sources})
  set_target_properties(${name} PROPERTIES KMODE_DRIVER "${driver}")
endfunction()
