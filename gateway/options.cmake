# Flags and libraries for every target. Nothing is set globally: targets link comity_options.
find_package(PkgConfig REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(Threads REQUIRED)
find_package(msgpack REQUIRED)
pkg_check_modules(CBOR REQUIRED IMPORTED_TARGET libcbor)
pkg_check_modules(EVENT REQUIRED IMPORTED_TARGET libevent_core)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(CYAML REQUIRED IMPORTED_TARGET libcyaml)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)

add_library(comity_options INTERFACE)
target_compile_options(comity_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes
  -Wmissing-prototypes -Wcast-qual -Wformat=2 -Wvla -Wundef -Wswitch-enum
  -fstack-protector-strong
  -UNDEBUG # assert guards our own invariants in every build
  $<$<BOOL:${COMITY_WERROR}>:-Werror>
  $<$<BOOL:${COMITY_FUZZ}>:-fsanitize=fuzzer-no-link>)
target_compile_definitions(comity_options INTERFACE _POSIX_C_SOURCE=200809L _DEFAULT_SOURCE)
target_link_options(comity_options INTERFACE -Wl,-z,relro -Wl,-z,now)
if(COMITY_SANITIZE)
  target_compile_options(comity_options INTERFACE
    -fsanitize=${COMITY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(comity_options INTERFACE -fsanitize=${COMITY_SANITIZE})
else()
  target_compile_definitions(comity_options INTERFACE $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
endif()

# One static library per layer. LAYERS are the layers before it that it includes; LIBS are the
# third-party libraries that it alone may use (tests/lint checks both against the sources).
function(comity_layer name)
  cmake_parse_arguments(L "" "" "SOURCES;HEADERS;LAYERS;LIBS" ${ARGN})
  add_library(comity_${name} STATIC ${L_SOURCES})
  target_sources(comity_${name} PUBLIC FILE_SET HEADERS
    BASE_DIRS ${PROJECT_SOURCE_DIR}/gateway FILES ${L_HEADERS})
  set_target_properties(comity_${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  list(TRANSFORM L_LAYERS PREPEND comity_)
  target_link_libraries(comity_${name} PUBLIC ${L_LAYERS} PRIVATE comity_options ${L_LIBS})
endfunction()

# A manual page: comity_manual(comity.1) makes and installs what comity.1.scd beside it says.
find_program(SCDOC scdoc REQUIRED)
function(comity_manual page)
  set(source ${CMAKE_CURRENT_SOURCE_DIR}/${page}.scd)
  set(made ${CMAKE_BINARY_DIR}/man/${page})
  string(REGEX MATCH "[0-9]$" section ${page})
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/man)
  add_custom_command(OUTPUT ${made} COMMAND ${SCDOC} < ${source} > ${made} DEPENDS ${source})
  add_custom_target(manual_${page} ALL DEPENDS ${made})
  install(FILES ${made} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endfunction()
