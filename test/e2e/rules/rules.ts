import type { Sql } from '../../../src/store/database.ts';

/** A rule of the facts as a query that returns one row for whatever breaks it. */
interface Rule {
  readonly rule: string;
  readonly broken: string;
}

const PARTIES = `
  SELECT app_key, x, d.digest, subscription_id
  FROM bindings CROSS JOIN LATERAL unnest(ARRAY[a_digest, b_digest]) AS d(digest)`;

/** What stands on which number, in every mode. */
const STANDING = `
  SELECT app_key, x AS number FROM bindings UNION ALL SELECT app_key, x FROM ax_bindings
  UNION ALL SELECT app_key, x FROM axe_bindings UNION ALL SELECT app_key, x FROM axyb_bindings
  UNION ALL SELECT app_key, y FROM axyb_relations`;

const moreThan = (most: number, table: string, of: string): string =>
  `SELECT FROM ${table} GROUP BY app_key, ${of} HAVING count(*) > ${most}`;

/** Facts 2.1, 3.1, 4.1 and 5.1, and what the product counts and keeps beside the bindings. Limits are the facts'. */
const RULES: readonly Rule[] = [
  { rule: 'AXB: nobody is twice on one X', broken: moreThan(1, `(${PARTIES}) p`, 'x, digest') },
  { rule: 'AXB: 5000 pairs on an X', broken: moreThan(5000, 'bindings', 'x') },
  {
    rule: 'AXB: the parties that calls are looked up by are those of the bindings',
    broken: `
      SELECT FROM (${PARTIES}) p FULL JOIN binding_parties k
        ON (k.app_key, k.x, k.party_digest, k.subscription_id) = (p.app_key, p.x, p.digest, p.subscription_id)
      WHERE p.app_key IS NULL OR k.app_key IS NULL`,
  },
  { rule: 'AX: one A on an X', broken: moreThan(1, 'ax_bindings', 'x') },
  { rule: 'AX: five X of an A', broken: moreThan(5, 'ax_bindings', 'a_digest') },
  { rule: 'AXE: an extension once on an X', broken: moreThan(1, 'axe_bindings', 'x, extension') },
  { rule: 'AXE: an A once on an X', broken: moreThan(1, 'axe_bindings', 'x, a_digest') },
  {
    rule: 'AXE: an extension has the digits of its application, and is not zero',
    broken: `
      SELECT FROM axe_bindings b JOIN apps USING (app_key)
      WHERE length(b.extension) <> extension_digits OR b.extension !~ '^[0-9]*[1-9][0-9]*$'`,
  },
  { rule: 'AXYB: one A on an X', broken: moreThan(1, 'axyb_bindings', 'x') },
  { rule: 'AXYB: five X of an A', broken: moreThan(5, 'axyb_bindings', 'a_digest') },
  { rule: 'AXYB: 1000 relations on a Y', broken: moreThan(1000, 'axyb_relations', 'y') },
  { rule: 'AXYB: a B who dials X means one A', broken: moreThan(1, 'axyb_relations', 'x, b_digest') },
  { rule: 'AXYB: an A who dials Y means one B', broken: moreThan(1, 'axyb_relations', 'y, a_digest') },
  {
    rule: 'AXYB: a relation has the X and the A of its binding',
    broken: `
      SELECT FROM axyb_relations r LEFT JOIN axyb_bindings b USING (app_key, subscription_id)
      WHERE (b.x, b.a_digest) IS DISTINCT FROM (r.x, r.a_digest)`,
  },
  {
    rule: 'AXYB: a number is X or Y, not both',
    broken: 'SELECT FROM axyb_relations r JOIN axyb_bindings b ON b.app_key = r.app_key AND b.x = r.y',
  },
  {
    rule: 'a number knows how many bindings stand on it, and whether it is a Y',
    broken: `
      SELECT FROM numbers n
      LEFT JOIN (SELECT number, count(*) FROM (${STANDING}) s GROUP BY number) s USING (number)
      WHERE n.bindings <> coalesce(s.count, 0)
        OR n.as_y <> EXISTS (SELECT FROM axyb_relations r WHERE r.y = n.number)`,
  },
  {
    rule: 'what is bound stands on a number of its own application',
    broken: `
      SELECT FROM (${STANDING}) s LEFT JOIN numbers n USING (number) WHERE n.app_key IS DISTINCT FROM s.app_key`,
  },
];

/** What is broken at this moment: all rules are read in one statement, and so from one snapshot. */
export async function brokenRules(sql: Sql): Promise<string[]> {
  const each = RULES.map(
    ({ rule, broken }) => `SELECT '${rule}' AS rule, (SELECT count(*) FROM (${broken}) b)::int AS count`,
  );
  const rows = await sql.unsafe<{ rule: string; count: number }[]>(each.join('\nUNION ALL\n'));
  return rows.filter(({ count }) => count > 0).map(({ rule, count }) => `${rule}: ${count} broken`);
}
