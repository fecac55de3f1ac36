git_in() { GIT_TERMINAL_PROMPT=0 GIT_CONFIG_NOSYSTEM=1 git -c advice.detachedHead=false -C "$tmp" "$@" </dev/null; }
make_git_checkout() { # path url revision owner group before
    ids "$4" "$5"
    if tree_begin "$1" "$3" "$6"; then
        need git git
        said=$(
            {
                git_in init -q && git_in remote add origin "$2" &&
                    { git_in fetch -q --depth 1 origin "$3" || git_in fetch -q origin; } && git_in checkout -q --detach "$3"
            } 2>&1
        ) || die NotFetched "\`$3\` of \`$2\` cannot be fetched: $said"
        tree_end "$3"
    fi
    tree_tell "$1"
}
look_git_checkout() { tree_look "$1"; }
drop_git_checkout() { tree_drop "$@"; }
