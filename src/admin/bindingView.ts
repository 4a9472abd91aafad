import { maskNumber } from '../../routing/numbers.ts';
import type { Bindings } from '../bindings/Bindings.ts';
import type { App } from '../store/apps.ts';
import type { Sealer } from '../store/sealing.ts';
import type { FoundBinding, StandingBinding } from '../store/standingBindings.ts';
import { maskText } from '../telemetry/fault.ts';

/** A binding as lists show it. Numbers of people are masked; X and Y are the operator's own. */
export function describeBinding(binding: StandingBinding | FoundBinding, sealer: Sealer): object {
  const { aSealed, bSealed, ...shown } = binding;
  return {
    ...shown,
    a: maskNumber(sealer.open(aSealed)),
    ...(bSealed !== undefined && { b: maskNumber(sealer.open(bSealed)) }),
  };
}

/**
 * What holds in calls of a binding, under the names of the partner API, and in AXYB who is behind which Y. A customer may
 * have written a number of a person into his own text: that is masked, too.
 * @throws BindingError no-such-binding; StoreError
 */
export async function termsOf(
  bindings: Bindings,
  app: App,
  { mode, subscriptionId }: StandingBinding,
): Promise<{ readonly terms: object; readonly related?: readonly object[] }> {
  switch (mode) {
    case 'AXB': {
      const query = { subscriptionId, pageIndex: 1, pageSize: 1 };
      const [found] = (await bindings.axb.query(app, query)).items;
      if (found === undefined) return { terms: {} };
      const { callerNum: _a, calleeNum: _b, relationNum: _x, subscribedAt: _at, ...terms } = found;
      return { terms: masked(terms) };
    }
    case 'AX': {
      const [found] = await bindings.ax.query(app, { subscriptionId });
      if (found === undefined) return { terms: {} };
      const { origNum: _a, privateNum: _x, ...terms } = found;
      return { terms: masked(terms) };
    }
    case 'AXE': {
      const found = await bindings.axe.query(app, { subscriptionId });
      const { bindNum: _a, virtualNum: _x, extendNum: _e, ...terms } = found;
      return { terms: masked(terms) };
    }
    case 'AXYB': {
      const found = await bindings.axyb.query(app, { subscriptionId });
      const related = found.flatMap(({ relation, boundAt, userData }) => {
        if (relation === undefined) return [];
        const { numY: y, numB, ...terms } = relation;
        return [{ y, b: maskNumber(numB), boundAt, ...masked({ ...terms, userData }) }];
      });
      const [{ numA: _a, numX: _x, boundAt: _at, relation, userData, ...terms } = { userData: undefined }] =
        found;
      return { terms: masked({ ...terms, ...(relation === undefined && { userData }) }), related };
    }
  }
}

/** Terms without the id, which stands beside them, and with what could be a number masked. */
function masked(terms: Readonly<Record<string, unknown>>): object {
  const { subscriptionId: _id, ...rest } = terms;
  return Object.fromEntries(
    Object.entries(rest)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, typeof value === 'string' ? maskText(value) : value]),
  );
}
