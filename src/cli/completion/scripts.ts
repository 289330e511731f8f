/** Scripts that ask `podwalk __complete` what may stand at the end of a line. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export function completionScript(shell: Shell): string {
  return { bash: BASH, zsh: ZSH, fish: FISH }[shell];
}

/** Works in bash 3.2 too; bash cuts words at : and =, which are put together again. */
const BASH = String.raw`# bash completion for podwalk; put into ~/.bashrc:  source <(podwalk completion bash)
_podwalk() {
  local words=() glue='' cut='' word line current directive value
  local i
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word="${'$'}{COMP_WORDS[i]}"
    if ((${'$'}{#words[@]} > 0)) && [[ $word == [:=] || -n $glue ]]; then
      words[${'$'}{#words[@]} - 1]+="$word"
      cut=1
    else
      words+=("$word")
      cut=''
    fi
    if [[ $word == [:=] ]]; then glue=1; else glue=''; fi
  done
  current="${'$'}{words[${'$'}{#words[@]} - 1]}"
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :none | :files | :nospace) directive="$line" ;;
      *)
        value="${'$'}{line%%$'\t'*}"
        # What stands before the last : or = is on the line already.
        if [[ -n $cut ]]; then value="${'$'}{value#"${'$'}{current%"${'$'}{current##*[:=]}"}"}"; fi
        COMPREPLY+=("$value")
        ;;
    esac
  done < <("${'$'}{COMP_WORDS[0]}" __complete "${'$'}{words[@]}" 2>/dev/null)
  case "$directive" in
    :files)
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "${'$'}{current##*=}")
      ;;
    :nospace) compopt -o nospace 2>/dev/null ;;
  esac
}
complete -F _podwalk podwalk
`;

const ZSH = String.raw`#compdef podwalk
# zsh completion for podwalk; put into ~/.zshrc behind compinit:  source <(podwalk completion zsh)
_podwalk() {
  local -a lines values
  local line value description directive
  lines=("${'$'}{(@f)$("${'$'}{words[1]}" __complete "${'$'}{(@)words[2,CURRENT]}" 2>/dev/null)}")
  directive="${'$'}{lines[-1]}"
  for line in "${'$'}{(@)lines[1,-2]}"; do
    value="${'$'}{line%%$'\t'*}"
    description=''
    [[ $line == *$'\t'* ]] && description=":${'$'}{line#*$'\t'}"
    values+=("${'$'}{value//:/\\:}$description")
  done
  case "$directive" in
    :files) _files ;;
    :nospace) _describe -t podwalk podwalk values -S '' ;;
    *) _describe -t podwalk podwalk values ;;
  esac
}
if [ "${'$'}{funcstack[1]}" = "_podwalk" ]; then
  _podwalk "$@"
else
  compdef _podwalk podwalk
fi
`;

const FISH = String.raw`# fish completion for podwalk:  podwalk completion fish > ~/.config/fish/completions/podwalk.fish
function __podwalk_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
    if test "$lines[-1]" = ":files"
        __fish_complete_path "$current"
        return
    end
    if test (count $lines) -gt 1
        printf '%s\n' $lines[1..-2]
    end
end
complete -c podwalk -f -a '(__podwalk_complete)'
`;
