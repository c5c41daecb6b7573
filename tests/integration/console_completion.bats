# The completions of bash, zsh and fish know every command, and give what they should.
load lib

verbs() { "$SCM_BUILD/scalemon" -h | sed -n 's/^  \([a-z]\{2,\}\) .*/\1/p'; }
dir() { echo "$SCM_SRC/contrib/completion"; }
setup() {
    export SCALEMON_CONF=$BATS_TEST_TMPDIR/conf
    printf '[pool web]\nhosts = a\n' >"$SCALEMON_CONF"
}

# reply WORD...: what bash would offer for the last word
reply() {
    # shellcheck disable=SC1091
    source "$(dir)/scalemon.bash"
    COMP_WORDS=(scalemon "$@") COMP_CWORD=$#
    _scalemon
    printf '%s\n' "${COMPREPLY[@]}"
}

@test "every command stands in each completion" {
    local verb
    [ "$(verbs | wc -l)" -ge 9 ]
    for verb in $(verbs); do
        grep -qw "$verb" "$(dir)/scalemon.bash" && grep -qw "$verb" "$(dir)/_scalemon" && grep -qw "$verb" "$(dir)/scalemon.fish" || {
            echo "no $verb"; return 1; }
    done
}

@test "bash: commands, words, options, values, pools" {
    [ "$(reply po)" = portal ]
    [ "$(reply -v 3 -u ops ev)" = events ]
    [ "$(reply -v '')" = $'2c\n3' ]
    [ "$(reply portal ho | head -1)" = hold ]
    [ "$(reply limit set x --sev)" = --severity ]
    [ "$(reply limit set x --severity f)" = failure ]
    [ "$(reply status -o j)" = json ]
    [ "$(reply status @)" = @web ]
}

@test "zsh: the function parses" {
    command -v zsh >/dev/null || skip "zsh is not installed"
    zsh -n "$(dir)/_scalemon"
}

@test "fish: commands, words, pools" {
    command -v fish >/dev/null || skip "fish is not installed"
    export HOME=$BATS_TEST_TMPDIR
    fish_reply() { fish -c "source $(dir)/scalemon.fish; complete -C '$1'" | cut -f1; }
    [ "$(fish_reply 'scalemon po')" = portal ]
    fish_reply 'scalemon portal ' | grep -qx hold
    fish_reply 'scalemon status @' | grep -qx @web
    fish_reply 'scalemon limit set x --severity ' | grep -qx failure
}
