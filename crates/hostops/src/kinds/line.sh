make_line() { # name path matches before
    body
    record_of line "$1 $2"
    [ "$3" = - ] || MATCHES=$3
    part_make line '' "$2" "$4"
    tell_line
}
tell_line() { told "$now" "$(text line "${found%?}")"; }
look_line() { # name path
    record_of line "$1 $2"
    now=none
    [ ! -f "$record" ] || part_fact line '' "$2" '' "$record"
    if [ "$now" = none ]; then say "$I absent"; else tell_line; fi
}
drop_line() { # name path before
    record_of line "$1 $2"
    part_drop line '' "$2" "$3"
}
