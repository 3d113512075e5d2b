# shellcheck shell=bash
# Shared by ./run and ./check, to be sourced: building by preset, and saying what goes on.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

if command -v ccache >/dev/null; then
  export CMAKE_CXX_COMPILER_LAUNCHER=ccache
fi
export CTEST_OUTPUT_ON_FAILURE=1

# minutes SECONDS: as M:SS.
minutes() {
  printf '%d:%02d' $(($1 / 60)) $(($1 % 60))
}
elapsed() {
  minutes "$SECONDS"
}

# stage TEXT: ends the stage before, and prints a heading with the time since the start.
stage() {
  end_stage
  current_stage=$1
  stage_began=$SECONDS
  printf '\n=== [%s] %s\n' "$(elapsed)" "$1"
}

# end_stage: how long the current stage took, if there is one.
end_stage() {
  if [[ -n ${current_stage:-} ]]; then
    printf -- '--- %s: %s\n' "$(minutes $((SECONDS - stage_began)))" "$current_stage"
  fi
}

# fail: the last line when a stage did not end well.
fail() {
  printf '\nFAILED after %s in: %s\n' "$(elapsed)" "${current_stage:-start}" >&2
}

# build_program NAME: of that preset the program alone, which requires no package of the tests.
build_program() {
  if [[ ! -e $root/build/$1/build.ninja ]]; then
    (cd "$root" && quietly cmake --preset "$1" -DAVEDGE_TESTS=OFF -DAVEDGE_BENCH=OFF)
  fi
  build_targets "$1" avedge
}

# build_preset NAME [target...]: with its tests.
build_preset() {
  if ! grep -qs '^AVEDGE_TESTS:BOOL=ON$' "$root/build/$1/CMakeCache.txt"; then
    (cd "$root" && quietly cmake --preset "$1")
  fi
  build_targets "$@"
}

# build_targets NAME [target...]: what changed, of a build folder that is configured. Shows ninja's
# progress on a terminal; elsewhere is silent unless something goes wrong.
build_targets() {
  local build=$root/build/$1
  if [[ -t 1 ]]; then
    ninja -C "$build" "${@:2}"
  else
    quietly ninja --quiet -C "$build" "${@:2}"
  fi
}

# quietly COMMAND...: its output is shown only if it fails.
quietly() {
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 || status=$?
  ((status == 0)) || cat "$log" >&2
  rm -f "$log"
  return "$status"
}
