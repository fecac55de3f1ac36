# What is in the repository is read along with it: one that cannot be read is not put in place.
make_repository() {
    if [ -x "$R/usr/bin/apt-get" ]; then
        set -- "$@" sh -c 'try=/var/lib/groundplan/try.sources
            cp "$0" "$try" && apt-get update -q -o Dir::Etc::sourcelist="$try" -o Dir::Etc::sourceparts=- \
                -o APT::Get::List-Cleanup=0 -o APT::Update::Error-Mode=any -o DPkg::Lock::Timeout=300
            ended=$?; rm -f "$try"; exit $ended' '{}'
    fi
    put_file "$@"
    show "$1" 1
}
look_repository() { fact "$1"; show "$1" 1; }
drop_repository() { drop_path "$@"; say "$I absent"; }
