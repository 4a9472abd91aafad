import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Folders whose files take longest, by how long they take. A long file that begins last is waited for alone. */
const LONG = ['test/faults/', 'test/e2e/', 'test/attack/', 'test/docs/', 'test/deploy/', 'test/media/'];

function rank({ moduleId }: TestSpecification): number {
  const at = LONG.findIndex((folder) => moduleId.includes(`/${folder}`));
  return at === -1 ? LONG.length : at;
}

/** Begins with the files that take longest, also where no earlier run tells which those are. */
export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const group = ({ project }: TestSpecification): number => project.config.sequence.groupOrder;
    return sorted.sort((one, other) => group(one) - group(other) || rank(one) - rank(other));
  }
}
