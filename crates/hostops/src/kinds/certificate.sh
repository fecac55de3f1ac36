# The record says what the certificate was made of, and its sum.
certificate_holds() { # path; whether it is still the one that was made
    record_of certificate "$1"
    [ -f "$record" ] && [ -f "$R$1" ] || return 1
    key=$(sed -n 2p "$record")
    sum_of <"$R$1"
    [ "$(sed -n 3p "$record")" = "$sum_is" ] && [ -f "$R$key" ] &&
        { ! command -v openssl >/dev/null 2>&1 || openssl x509 -checkend "$2" -noout -in "$R$1" >/dev/null 2>&1; }
}
make_certificate() { # path key name alternatives names days owner group before
    cert=$1 key_to=$2 made_of=$(number_of "$3 $4 $6 $7 $8")
    ids "$7" "$8"
    for path in "$cert" "$key_to"; do
        fact "$path"
        [ "$9" != any ] || remember_path "$path"
    done
    # A month before its end it is made anew.
    if ! certificate_holds "$cert" 2592000 || [ "$(sed -n 1p "$record")" != "$made_of" ] || [ "$key" != "$key_to" ]; then
        need openssl openssl
        path=$key_to
        stage
        new_key=$tmp
        path=$cert
        [ "${cert%/*}" = "${key_to%/*}" ] || stage
        tmp=$R${cert%/*}/.groundplan-$N-$I.cert
        new_cert=$tmp
        said=$(
            umask 077
            openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days "$6" -subj "/CN=$3" ${4:+-addext "subjectAltName=$4"} \
                -keyout "$new_key" -out "$new_cert" 2>&1 </dev/null
        ) || { rm -f -- "$new_key"; die Refused "no certificate can be made: $said"; }
        own "$new_key"
        own "$new_cert"
        chmod 640 "$new_key"
        chmod 644 "$new_cert"
        sum_of <"$new_cert"
        printf '%s\n' "$made_of" "$key_to" "$sum_is" "$3" "$6" "$7" "$8" "$5" >"$record.new"
        durable "$new_key" "$new_cert"
        mv -fT -- "$new_key" "$R$key_to" && mv -fT -- "$new_cert" "$R$cert" || die Refused "\`$cert\` cannot be put in place"
        mv -f -- "$record.new" "$record"
        tmp=
        durable "$R${cert%/*}/" "$R${key_to%/*}/"
    fi
    look_certificate "$cert"
}
look_certificate() { # path
    if ! certificate_holds "$1" 0; then say "$I absent"; return; fi
    told - "$(text key_path "$key")$(text common_name "$(sed -n 4p "$record")")$(
        printf ' days=i%s.' "$(sed -n 5p "$record" | tr -d '\n' | b64)"
    )$(text owner "$(sed -n 6p "$record")")$(text group "$(sed -n 7p "$record")")$(
        names=$(sed -n '8,$p' "$record")
        [ -z "$names" ] || lines names "$names"
    )"
}
drop_certificate() { # path before
    record_of certificate "$1"
    key=$(sed -n 2p "$record" 2>/dev/null)
    drop_path "$1" any
    [ -z "$key" ] || drop_path "$key" any
    rm -f -- "$record"
    say "$I absent"
}
