const quoted = '"((?:[^"\\\\]|\\\\.)*)"'
const pattern = new RegExp(
  `^(\\S+) \\S+ (\\S+) \\[([^\\]]+)\\] ${quoted} (\\d{3}) (?:\\d+|-)(?: ${quoted} ${quoted})?\\s*$`,
)

/** A line in Apache's combined form. */
export interface AccessLogLine {
  readonly address: string
  /** `-` when nobody is named. */
  readonly user: string
  readonly time: string
  readonly method: string
  readonly target: string
  readonly status: number
  readonly userAgent: string | undefined
}

/** Takes a line in Apache's combined form apart; nothing for other lines. */
export function parseAccessLogLine(line: string): AccessLogLine | undefined {
  const match = pattern.exec(line)
  if (!match) return undefined
  const [, address = '', user = '-', time = '', request = '', status = '', , userAgent] = match
  const [method = '', target = ''] = request.split(' ')
  return { address, user, time, method, target, status: Number(status), userAgent }
}
