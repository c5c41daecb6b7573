#!/bin/sh
# Every shell script of the tree through shellcheck, every manual page through mandoc's lint (TAP).
cd "${SCM_SRC:-$(dirname "$0")/../..}" || exit 99
for tool in shellcheck mandoc; do
    command -v $tool >/dev/null || { echo "1..0 # SKIP $tool is not installed"; exit 0; }
done
# Scripts by their first line; bats files are checked as such.
scripts=$(find autogen.sh contrib tests .ci -type f -exec awk 'FNR == 1 && /^#!\/bin\/(ba)?sh/ {print FILENAME}' {} + | sort)
bats=$(find tests -name '*.bats' | sort)
pages=$(find plugins agent console -name '*.[1-8]' | sort)
n=0
check() { # check FILE COMMAND...
    n=$((n + 1)); file=$1; shift
    if out=$("$@" "$file" 2>&1); then echo "ok $n - $file"; else
        echo "not ok $n - $file"; echo "$out" | sed 's/^/# /'
    fi
}
for f in $scripts; do check "$f" shellcheck -x -P . -S warning; done
for f in $bats; do check "$f" shellcheck -s bats -x -P tests/integration -S warning; done
for f in $pages; do check "$f" mandoc -Tlint -Wwarning; done
echo "1..$n"
