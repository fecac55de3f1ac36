make_block() { # name path comment before
    body
    record_of block "$1 $2"
    mark=$3
    part_make block "$1" "$2" "$4"
    told "$now" "$(text content "$found")"
}
look_block() { # name path
    part_fact block "$1" "$2"
    if [ "$now" = none ]; then say "$I absent"; else told "$now" "$(text content "$found")"; fi
}
drop_block() { # name path before
    record_of block "$1 $2"
    part_drop block "$1" "$2" "$3"
}
