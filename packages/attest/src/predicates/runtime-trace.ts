import { z } from 'zod'
import { AttestError } from '../errors.ts'
import { predicateTypes } from '../statement/statement.ts'
import {
  anyRecord,
  optional,
  resourceDescriptor,
  type ResourceDescriptor,
  text,
  timestamp,
} from './fields.schema.ts'
import { defineWritablePredicate } from './predicate-kind.ts'
import { type Resource, toResourceDescriptor, toTimestamp } from './write-fields.ts'

const schema = z.looseObject({
  monitor: z.looseObject({
    type: text,
    configSource: optional(resourceDescriptor),
    tracePolicy: optional(anyRecord),
  }),
  monitoredProcess: z.looseObject({ hostID: text, type: text, event: text }),
  monitorLog: z.looseObject({
    process: optional(z.array(anyRecord)),
    network: optional(z.array(anyRecord)),
    fileAccess: optional(z.array(resourceDescriptor)),
  }),
  metadata: optional(
    z.looseObject({ buildStartedOn: optional(timestamp), buildFinishedOn: optional(timestamp) }),
  ),
})

/** in-toto runtime trace 0.1. */
export interface RuntimeTracePredicate {
  /** What watched. */
  readonly monitor: {
    readonly type: string
    readonly configSource?: ResourceDescriptor | undefined
    readonly tracePolicy?: Readonly<Record<string, unknown>> | undefined
  }
  /** What was watched. */
  readonly monitoredProcess: { readonly hostID: string; readonly type: string; readonly event: string }
  /** What was seen. */
  readonly monitorLog: {
    readonly process?: readonly Readonly<Record<string, unknown>>[] | undefined
    readonly network?: readonly Readonly<Record<string, unknown>>[] | undefined
    readonly fileAccess?: readonly ResourceDescriptor[] | undefined
  }
  /** When it was watched (RFC 3339). */
  readonly metadata?:
    | { readonly buildStartedOn?: string | undefined; readonly buildFinishedOn?: string | undefined }
    | undefined
}

/** What a runtime trace says. */
export interface RuntimeTraceParts {
  /** What watched. */
  readonly monitor: {
    /** URI of the monitor's type; gives the entries of the log their meaning. */
    readonly type: string
    readonly configSource?: Resource | undefined
    readonly tracePolicy?: Readonly<Record<string, unknown>> | undefined
  }
  /** What was watched: host, type and event as URIs or names. */
  readonly monitoredProcess: { readonly hostId: string; readonly type: string; readonly event: string }
  /** At least one of the three. */
  readonly monitorLog: {
    readonly process?: readonly Readonly<Record<string, unknown>>[] | undefined
    readonly network?: readonly Readonly<Record<string, unknown>>[] | undefined
    readonly fileAccess?: readonly Resource[] | undefined
  }
  /** When watching began. */
  readonly startedOn?: Date | undefined
  /** When watching ended. */
  readonly finishedOn?: Date | undefined
}

/** in-toto runtime trace 0.1 (spec/predicates/runtime-trace.md); 0.2, which only adds to it, is read too. */
export const runtimeTrace = defineWritablePredicate<RuntimeTracePredicate, RuntimeTraceParts>(
  {
    name: 'runtime trace 0.1',
    type: predicateTypes.runtimeTrace,
    alsoReads: ['https://in-toto.io/attestation/runtime-trace/v0.2'],
    schema,
  },
  ({ monitor, monitoredProcess, monitorLog, startedOn, finishedOn }) => {
    const { process, network, fileAccess } = monitorLog
    if (!process && !network && !fileAccess) {
      throw new AttestError('PREDICATE_INVALID', 'the log has neither processes, network nor file accesses')
    }
    const { configSource } = monitor
    return {
      monitor: { ...monitor, configSource: configSource && toResourceDescriptor(configSource) },
      monitoredProcess: {
        hostID: monitoredProcess.hostId,
        type: monitoredProcess.type,
        event: monitoredProcess.event,
      },
      monitorLog: { process, network, fileAccess: fileAccess?.map(toResourceDescriptor) },
      metadata: {
        buildStartedOn: startedOn && toTimestamp(startedOn),
        buildFinishedOn: finishedOn && toTimestamp(finishedOn),
      },
    }
  },
)
