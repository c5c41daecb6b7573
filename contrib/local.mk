EXTRA_DIST += %D%/demo %D%/demo.d/parts.bash %D%/check %D%/deps .ci/run
lint_tests += tests/lint/shell.sh
