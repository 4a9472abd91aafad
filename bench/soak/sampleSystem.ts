import { treeOf } from '../processCpu.ts';
import type { HeldByServers } from './callServers.ts';
import { ownMib, type ProcessMemory } from './processMemory.ts';
import type { Figure } from './Samples.ts';
import { tableRows } from './tableRows.ts';
import type { WholeSystem } from './WholeSystem.ts';

/** Everything that is looked at, at this moment. @param held means of what the servers held since the sample before */
export async function sampleSystem(system: WholeSystem, held: HeldByServers): Promise<Figure[]> {
  const application = await system.applicationMemory();
  const sip = await system.servers.sipMemory();
  const media = await system.servers.mediaMemory();
  const { bounded, kept, connections } = await tableRows(system.sql);
  const postgresMib = treeOf(system.postgresPid).reduce((sum, pid) => sum + ownMib(pid), 0);
  return [
    ...figuresOf('application', application),
    ...figuresOf('SIP server', sip),
    ...figuresOf('media server', media),
    { name: 'PostgreSQL, own memory, MiB', value: postgresMib, sense: 'holds' },
    { name: 'PostgreSQL, connections', value: connections, sense: 'holds' },
    ...Object.entries(held).map(([name, value]) => ({ name, value, sense: 'transient' }) as const),
    ...Object.entries(bounded).map(
      ([name, value]) => ({ name: `rows: ${name}`, value, sense: 'transient' }) as const,
    ),
    ...Object.entries(kept).map(
      ([name, value]) => ({ name: `rows: ${name}`, value, sense: 'kept' }) as const,
    ),
  ];
}

function figuresOf(name: string, { residentMib, heapMib, files, resources }: ProcessMemory): Figure[] {
  return [
    { name: `${name}, resident, MiB`, value: residentMib, sense: 'holds' },
    ...(heapMib === undefined
      ? []
      : [{ name: `${name}, heap after GC, MiB`, value: heapMib, sense: 'holds' } as const]),
    { name: `${name}, open files`, value: files, sense: 'transient' },
    ...(resources === undefined
      ? []
      : [{ name: `${name}, timers and sockets`, value: resources, sense: 'transient' } as const]),
  ];
}
