import type { ImageConfig } from '@sallyport/image'

/** A command that the image must be able to run. */
export interface EntryCommand {
  readonly words: readonly string[]
  /** Text for a shell, when the command is given in that form. */
  readonly shellText?: string | undefined
}

/** The commands of an image's configuration: entry point with its arguments, and health check. */
export function entryCommands(
  { config }: Pick<ImageConfig, 'config'>,
  extra: readonly (readonly string[])[] = [],
): readonly EntryCommand[] {
  const main = [...(config?.Entrypoint ?? []), ...(config?.Cmd ?? [])]
  return [main, ...extra, ...healthCheck(config?.Healthcheck?.Test ?? [], config?.Shell ?? [])]
    .filter((words) => words.length > 0)
    .map((words) => ({ words, shellText: shellText(words) }))
}

/** Docker's form: `["CMD", …]`, `["CMD-SHELL", text]`, `["NONE"]`. */
function healthCheck(
  [form, ...words]: readonly string[],
  shell: readonly string[],
): readonly (readonly string[])[] {
  if (form === 'CMD') return [words]
  if (form !== 'CMD-SHELL' || !words[0]) return []
  return [[...(shell.length > 0 ? shell : ['/bin/sh', '-c']), words[0]]]
}

/** The text after `-c` of a shell, which may stand behind wrappers such as `tini --`. */
function shellText(words: readonly string[]): string | undefined {
  const shell = words.findIndex((word) => /(?:^|\/)(?:sh|bash|dash|ash|ksh|zsh)$/.test(word))
  if (shell < 0) return undefined
  const flag = words.findIndex((word, index) => index > shell && /^-[a-z]*c[a-z]*$/i.test(word))
  return flag > 0 ? words[flag + 1] : undefined
}
