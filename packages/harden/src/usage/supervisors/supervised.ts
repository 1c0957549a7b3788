import type { Image } from '@sallyport/image'
import { HardenError } from '../../errors.ts'

/** What a supervisor starts, as its configuration in the image says. */
export interface Supervised {
  /** Commands, each for a shell: they may hold variables and quotes. */
  readonly commands: readonly string[]
  /** Configurations and scripts that it reads or runs. */
  readonly files: readonly string[]
}

/** What reading a supervisor's configuration needs. */
export interface SupervisorContext {
  readonly image: Pick<Image, 'tree' | 'config'>
  /** Text of a file, links followed; `undefined` when there is none. */
  readonly read: (path: string) => Promise<string | undefined>
}

/** Refuses a command whose program can't be told before it runs. */
export function checkCommand(command: string, where: string): string {
  const [program = ''] = command.trim().split(/\s+/)
  if (program === '' || /[$%]/.test(program))
    throw new HardenError(
      'ENTRYPOINT_UNRESOLVED',
      `${where} starts ${JSON.stringify(command.slice(0, 100))}, whose program can't be told`,
    )
  return command
}
