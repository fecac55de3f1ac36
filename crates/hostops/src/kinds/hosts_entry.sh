make_hosts_entry() { # name before
    body
    record_of hosts "$1"
    part_make host "$1" /etc/hosts "$2"
    tell_hosts_entry
}
tell_hosts_entry() {
    set -f
    set -- $found
    set +f
    address=$1
    shift 2
    told "$now" "$(text address "$address")$([ $# = 0 ] || lines aliases "$(printf '%s\n' "$@")")"
}
look_hosts_entry() {
    part_fact host "$1" /etc/hosts
    if [ "$now" = none ]; then say "$I absent"; else tell_hosts_entry; fi
}
drop_hosts_entry() { # name before
    record_of hosts "$1"
    part_drop host "$1" /etc/hosts "$2"
}
