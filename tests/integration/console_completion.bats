# The completions of bash, zsh and fish, and the manual page, know every command and option, and no others.
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
    [ "$(reply status --output c)" = csv ]
    [ "$(reply status -o j)" = json ]
    [ "$(reply graph --format '')" = $'png\nsvg' ]
    [ "$(reply graph --range y)" = year ]
    [ "$(reply status @)" = @web ]
}

# usage_options VERB: the options of its help, sorted
usage_options() { "$SCM_BUILD/scalemon" "$1" --help | grep '^  ' | grep -oE -- '^ +-[a-zA-Z],|--[a-z-]+' | tr -d ' ,' | sort -u; }
# same_options WHO COMMAND: COMMAND VERB prints what WHO offers; neither more nor less than each command's usage has
same_options() {
    local verb offered
    [ "$(verbs | wc -l)" -ge 9 ]
    for verb in $(verbs); do
        offered=$("$2" "$verb" | grep -oE '^--?[a-z][a-z-]*' | sort -u)
        [ "$offered" = "$(usage_options "$verb")" ] && continue
        echo "$1, $verb: < offered, > in the usage"
        diff <(echo "$offered") <(usage_options "$verb")
        return 1
    done
}

@test "the usage's options are found" {
    [ "$(usage_options top | tr '\n' ' ')" = "--help --interval --no-color -h -i " ]
    [ "$(usage_options graph | wc -l)" -ge 12 ]
}

# man_options: those of the manual page, "Fl o" and "Fl -output"
man_options() { grep -oE "Fl -?[a-zA-Z][a-z-]*( , -?[a-z][a-z-]*)*" "$SCM_SRC/console/scalemon.1" | sed 's/^Fl //; s/ , /\n/g' | sed 's/^/-/' | sort -u; }

@test "the manual page has every option of every command, and no long one that none has" {
    local verb options
    options=$(for verb in $(verbs); do usage_options "$verb"; done | sort -u)
    [ "$(comm -23 <(echo "$options") <(man_options))" = "" ]
    [ "$(comm -13 <(echo "$options") <(man_options) | grep -- '^--')" = --version ]
}

@test "bash: the options of every command are those of its usage" {
    bash_options() { reply "$1" -; reply "$1" list -; }
    same_options bash bash_options
}

@test "zsh: the function parses, and its options of every command are those of its usage" {
    command -v zsh >/dev/null || skip "zsh is not installed"
    zsh -n "$(dir)/_scalemon"
    # what it hands to _arguments: the specification of an option begins with its name, after what it excludes
    zsh_options() {
        zsh -fc '_arguments() { [[ $1 = -C ]] && state=rest || print -rl -- "${@#\(*\)}"; }
            words=('"$1"')
            f() { source '"$(dir)"'/_scalemon; }
            f' | sed 's/^\*//'
    }
    same_options zsh zsh_options
}

@test "zsh: values" {
    local values
    for values in 'output]:format:(table json csv)' 'file format]:format:(png svg)' ':theme:(light dark)' ':severity:(warning failure)'; do
        grep -qF -- "$values" "$(dir)/_scalemon" || { echo "no $values"; return 1; }
    done
}

@test "fish: the options of every command are those of its usage" {
    command -v fish >/dev/null || skip "fish is not installed"
    export HOME=$BATS_TEST_TMPDIR
    fish_options() { fish -c "source $(dir)/scalemon.fish; complete -C 'scalemon $1 -'" | cut -f1; }
    same_options fish fish_options
}

@test "fish: commands, words, pools" {
    command -v fish >/dev/null || skip "fish is not installed"
    export HOME=$BATS_TEST_TMPDIR
    fish_reply() { fish -c "source $(dir)/scalemon.fish; complete -C '$1'" | cut -f1; }
    [ "$(fish_reply 'scalemon po')" = portal ]
    fish_reply 'scalemon portal ' | grep -qx hold
    fish_reply 'scalemon status @' | grep -qx @web
    fish_reply 'scalemon limit set x --severity ' | grep -qx failure
    fish_reply 'scalemon graph --theme ' | grep -qx dark
}
