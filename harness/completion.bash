# shellcheck shell=bash
# Completion of iomodels for bash. It asks the program itself (--help=words), so that it offers what
# that one takes.

# _iomodels_offer WORDS CURRENT: of a list, what stands behind its last comma.
_iomodels_offer()
{
    local before=
    [[ $2 != *,* ]] || before=${2%,*},
    mapfile -t COMPREPLY < <(compgen -P "$before" -W "$1" -- "${2##*,}")
}

# _iomodels_offer_values ARGUMENT WORDS CURRENT: ARGUMENT is what the help calls the value.
_iomodels_offer_values()
{
    case $1 in
    RUN | DIR | FILE*)
        compopt -o filenames 2>/dev/null # refused where no completion is under way
        mapfile -t COMPREPLY < <(compgen -f -- "$3")
        ;;
    *) _iomodels_offer "$2" "$3" ;;
    esac
}

_iomodels()
{
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local name argument values options='' other=''
    COMPREPLY=()
    if ((COMP_CWORD == 1)) || [[ ${COMP_WORDS[1]} == help ]]; then
        _iomodels_offer "$("$1" --help=words 2>/dev/null)" "$current"
        return
    fi
    # --name=value is three words to bash.
    if [[ $current == = ]]; then
        current=
    elif [[ $previous == = ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    while read -r name argument values; do
        if [[ $name == "$previous" && -n $argument ]]; then
            _iomodels_offer_values "$argument" "$values" "$current"
            return
        fi
        if [[ $name == -* ]]; then
            options+=" $name"
        else
            other=$name
        fi
    done < <("$1" "${COMP_WORDS[1]}" --help=words 2>/dev/null)
    if [[ $current == -* || -z $other ]]; then
        _iomodels_offer "$options" "$current"
    else
        _iomodels_offer_values "$other" '' "$current"
    fi
}

complete -F _iomodels iomodels
