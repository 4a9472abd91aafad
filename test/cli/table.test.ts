import { expect, it } from 'vitest';
import { formatTable } from '../../cli/table.ts';

it('aligns columns by what the eye sees, and shows what is absent, yes, no and lists', () => {
  const columns = ['name', 'on', 'list'].map((name) => ({
    heading: name.toUpperCase(),
    show: (item: Readonly<Record<string, unknown>>) => item[name],
  }));
  const table = formatTable(columns, [
    { name: '出行', on: true, list: ['a', 'b'] },
    { name: 'ride', on: false, list: [] },
    { name: 'bell\u0007', on: null },
  ]);
  expect(table.split('\n')).toEqual([
    'NAME   ON   LIST',
    '出行   yes  a b',
    'ride   no   –',
    'bell?  –    –',
  ]);
});
