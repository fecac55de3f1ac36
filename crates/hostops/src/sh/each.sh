# Does one thing; whatever goes wrong in it stays in it.
each() {
    I=$1
    shift
    (
        trap 'exec 3>&-; [ -z "$tmp" ] || rm -rf -- "$tmp"; rm -f -- "$L/body-$N-$I" "$L/fetched-$N-$I" "$L/signature-$N-$I"' EXIT
        "$@"
    )
    ended=$?
    [ $ended = 0 ] || [ $ended = 9 ] || say "$I failed Refused $(printf 'the shell on the host failed with %s' $ended | b64)."
    return $ended
}
