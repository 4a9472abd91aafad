/** Somebody in a story. His tone is his voice. */
export interface Person {
  readonly name: string;
  readonly number: string;
  readonly hertz: number;
}

export const ANNA: Person = { name: 'Anna', number: '+8613900001001', hertz: 440 };
export const BEN: Person = { name: 'Ben', number: '+8613900001002', hertz: 660 };
export const CARL: Person = { name: 'Carl', number: '+8613900001003', hertz: 550 };

const PEOPLE: readonly Person[] = [ANNA, BEN, CARL];

/** The voice that belongs to a number. */
export function voiceOf(number: string): number | undefined {
  return PEOPLE.find((person) => person.number === number)?.hertz;
}
