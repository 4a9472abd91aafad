import { expect, it } from 'vitest';
import { maskText } from '../../src/telemetry/fault.ts';

it('masks what could be a number of a person, wherever it stands', () => {
  expect(maskText('13900001002 dialled +8617000005001,')).toBe('139****1002 dialled +86170****5001,');
  expect(maskText('a-13900001002-b4d5')).toBe('a-139****1002-b4d5');
});

it('leaves the id of a binding as it is, however many of its digits stand together', () => {
  const id = '12345678-1234-4234-8234-123456789012';
  expect(maskText(`There is no binding "${id}"`)).toBe(`There is no binding "${id}"`);
});

it('masks a run of digits that only stands beside an id', () => {
  const id = '00000000-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
  expect(maskText(`${id}:13900001002`)).toBe(`${id}:139****1002`);
  expect(maskText(`13900001002${id}`)).not.toContain('13900001002');
});
