import { createSharedFlights, type SharedFlights } from '../internal/shared-flights.ts'

/** What a client knows of the lists of tags of its registries. */
export interface TagLists {
  /** Registries that refuse the size of page that is asked for. */
  readonly refusesPageSize: Set<string>
  /** Lists that are being read whole, by repository. */
  readonly flights: SharedFlights<ReadonlySet<string> | undefined>
}

/** Creates the memory of a client. */
export function createTagLists(): TagLists {
  return { refusesPageSize: new Set(), flights: createSharedFlights() }
}
