#include "textflag.h"

// Offsets in lawVector.
#define FLIP 0
#define STEP 2
#define ADD 4
#define SCALE 20
#define OFF 36
#define BIAS 38
#define CUT 40
#define CODED 56

// WORDS fills a register with one word.
#define WORDS(imm, x, y) \
	MOVL         $imm, AX; \
	VMOVD        AX, x;    \
	VPBROADCASTW x, y

// What MAGNITUDES needs, of the law in DI.
#define LAW \
	VPBROADCASTW   FLIP(DI), Y15;  \
	VPBROADCASTW   STEP(DI), Y14;  \
	VBROADCASTI128 ADD(DI), Y13;   \
	VBROADCASTI128 SCALE(DI), Y12; \
	VPBROADCASTW   OFF(DI), Y11;   \
	WORDS(0x0007, X10, Y10);       \
	WORDS(0x000F, X9, Y9);         \
	WORDS(0x0101, X8, Y8);         \
	WORDS(0x0800, X7, Y7)

// MAGNITUDES makes of the sixteen coded bytes at SI their magnitudes in Y0, and leaves
// them as words in Y1. A segment is shuffled by once for the lower byte of each word and once,
// eight on, for the upper one.
#define MAGNITUDES \
	VPMOVZXBW (SI), Y1;      \
	VPXOR     Y15, Y1, Y0;   \
	VPSRLW    $4, Y0, Y2;    \
	VPAND     Y10, Y2, Y2;   \
	VPMULLW   Y8, Y2, Y2;    \
	VPOR      Y7, Y2, Y2;    \
	VPSHUFB   Y2, Y12, Y3;   \
	VPSHUFB   Y2, Y13, Y4;   \
	VPAND     Y9, Y0, Y0;    \
	VPMULLW   Y14, Y0, Y0;   \
	VPADDW    Y4, Y0, Y0;    \
	VPMULLW   Y3, Y0, Y0;    \
	VPSUBW    Y11, Y0, Y0

// func sumVector(l *lawVector, payload *byte, blocks int) int
TEXT ·sumVector(SB), NOSPLIT, $0-32
	MOVQ l+0(FP), DI
	MOVQ payload+8(FP), SI
	MOVQ blocks+16(FP), CX
	LAW
	WORDS(1, X6, Y6)
	VPXOR Y5, Y5, Y5

sum:
	MAGNITUDES
	VPMADDWD Y6, Y0, Y0 // neighbours added, as 32 bits
	VPADDD   Y0, Y5, Y5
	ADDQ     $16, SI
	DECQ     CX
	JNZ      sum

	VEXTRACTI128 $1, Y5, X0
	VPADDD       X0, X5, X5
	VPSHUFD      $0x4E, X5, X0
	VPADDD       X0, X5, X5
	VPSHUFD      $0xB1, X5, X0
	VPADDD       X0, X5, X5
	VMOVD        X5, AX
	MOVQ         AX, ret+24(FP)
	VZEROUPPER
	RET

// func decodeVector(l *lawVector, dst *int16, payload *byte, blocks int)
TEXT ·decodeVector(SB), NOSPLIT, $0-32
	MOVQ l+0(FP), DI
	MOVQ dst+8(FP), DX
	MOVQ payload+16(FP), SI
	MOVQ blocks+24(FP), CX
	LAW
	WORDS(0x0080, X6, Y6)
	VPXOR Y5, Y5, Y5

decode:
	MAGNITUDES
	VPAND    Y6, Y1, Y1
	VPCMPEQW Y5, Y1, Y1 // all ones where the sign bit says negative
	VPXOR    Y1, Y0, Y0
	VPSUBW   Y1, Y0, Y0
	VMOVDQU  Y0, (DX)
	ADDQ     $16, SI
	ADDQ     $32, DX
	DECQ     CX
	JNZ      decode

	VZEROUPPER
	RET

// The bits of a number below 16, and of one whose upper half of a byte it is.
DATA bitsLow<>+0(SB)/8, $0x0303030302020100
DATA bitsLow<>+8(SB)/8, $0x0404040404040404
GLOBL bitsLow<>(SB), RODATA|NOPTR, $16
DATA bitsHigh<>+0(SB)/8, $0x0707070706060500
DATA bitsHigh<>+8(SB)/8, $0
GLOBL bitsHigh<>(SB), RODATA|NOPTR, $16

// func encodeVector(l *lawVector, dst *byte, frame *int16, blocks int)
TEXT ·encodeVector(SB), NOSPLIT, $0-32
	MOVQ           l+0(FP), DI
	MOVQ           dst+8(FP), DX
	MOVQ           frame+16(FP), SI
	MOVQ           blocks+24(FP), CX
	VPBROADCASTW   BIAS(DI), Y15
	VBROADCASTI128 CUT(DI), Y14
	VPBROADCASTW   CODED(DI), Y13
	VBROADCASTI128 bitsLow<>(SB), Y12
	VBROADCASTI128 bitsHigh<>(SB), Y11
	WORDS(0x000F, X9, Y9)
	WORDS(0x0101, X8, Y8)
	WORDS(0x0800, X7, Y7)
	WORDS(0x0080, X6, Y6)

encode:
	VMOVDQU  (SI), Y0
	VPSRAW   $15, Y0, Y1   // all ones where negative
	VPXOR    Y1, Y0, Y0
	VPADDSW  Y15, Y0, Y0
	VPSRLW   $8, Y0, Y2    // the segment is how many bits this has
	VPSRLW   $4, Y2, Y3
	VPAND    Y9, Y2, Y2
	VPSHUFB  Y2, Y12, Y2
	VPSHUFB  Y3, Y11, Y3
	VPMAXUB  Y3, Y2, Y2
	VPMULLW  Y8, Y2, Y3
	VPOR     Y7, Y3, Y3
	VPSHUFB  Y3, Y14, Y3
	VPMULHUW Y3, Y0, Y0
	VPAND    Y9, Y0, Y0    // the step
	VPSLLW   $4, Y2, Y2
	VPOR     Y2, Y0, Y0
	VPAND    Y6, Y1, Y1
	VPXOR    Y1, Y0, Y0
	VPXOR    Y13, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPACKUSWB    X1, X0, X0
	VMOVDQU      X0, (DX)
	ADDQ     $32, SI
	ADDQ     $16, DX
	DECQ     CX
	JNZ      encode

	VZEROUPPER
	RET
