import type { ImageConfig } from '@sallyport/image'

/** A command that the image must be able to run. */
export interface EntryCommand {
  readonly words: readonly string[]
  /** Text for a shell, when the command is given in that form. */
  readonly shellText?: string | undefined
}

/** The commands of an image's configuration: entry point with its arguments, and health check. */
export function entryCommands(
  { config }: ImageConfig,
  extra: readonly (readonly string[])[] = [],
): readonly EntryCommand[] {
  const main = [...(config?.Entrypoint ?? []), ...(config?.Cmd ?? [])]
  return [main, ...extra, ...healthCheck(config?.Healthcheck?.Test ?? [])]
    .filter((words) => words.length > 0)
    .map((words) => ({ words, shellText: shellText(words) }))
}

/** Docker's form: `["CMD", …]`, `["CMD-SHELL", text]`, `["NONE"]`. */
function healthCheck([form, ...words]: readonly string[]): readonly (readonly string[])[] {
  if (form === 'CMD') return [words]
  return form === 'CMD-SHELL' && words[0] ? [['/bin/sh', '-c', words[0]]] : []
}

function shellText(words: readonly string[]): string | undefined {
  const shell = /(?:^|\/)(?:sh|bash|dash|ash)$/.test(words[0] ?? '')
  const flag = words.findIndex((word) => /^-[a-z]*c[a-z]*$/.test(word))
  return shell && flag > 0 ? words[flag + 1] : undefined
}
