// Every page on a phone, as pages.mjs has it of larger screens: nothing is wider than
// the window.

import { lookAt } from './pages.mjs';

export default (s) => lookAt(s, { phone: { width: 390, height: 780 } }, { hasTouch: true, isMobile: true });
