#include "textflag.h"

// Sixteen samples at a time: two registers of eight, as 32 bits.

// WIDE fills a register with one number of 32 bits.
#define WIDE(imm, x, y) \
	MOVL         $imm, AX; \
	VMOVD        AX, x;    \
	VPBROADCASTD x, y

// OVER notes in Y15 whether a number of y does not fit into 16 bits: then, half of
// the range added (Y14), its upper half is not 0.
#define OVER(y, scratch) \
	VPADDD y, Y14, scratch;   \
	VPSRLD $16, scratch, scratch; \
	VPOR   scratch, Y15, Y15

// RETURNOVER returns Y15 in over.
#define RETURNOVER(over) \
	VEXTRACTI128 $1, Y15, X0; \
	VPOR         X0, X15, X15; \
	VPSHUFD      $0x4E, X15, X0; \
	VPOR         X0, X15, X15; \
	VPSHUFD      $0xB1, X15, X0; \
	VPOR         X0, X15, X15; \
	VMOVD        X15, AX; \
	MOVL         AX, over; \
	VZEROUPPER; \
	RET

// func addVector(sum *int32, voice *int16, blocks int)
TEXT ·addVector(SB), NOSPLIT, $0-24
	MOVQ sum+0(FP), DI
	MOVQ voice+8(FP), SI
	MOVQ blocks+16(FP), CX

add:
	VPMOVSXWD (SI), Y0
	VPMOVSXWD 16(SI), Y1
	VPADDD    (DI), Y0, Y0
	VPADDD    32(DI), Y1, Y1
	VMOVDQU   Y0, (DI)
	VMOVDQU   Y1, 32(DI)
	ADDQ      $32, SI
	ADDQ      $64, DI
	DECQ      CX
	JNZ       add

	VZEROUPPER
	RET

// func lessVector(dst *int16, sum *int32, voice *int16, blocks int) (over uint32)
TEXT ·lessVector(SB), NOSPLIT, $0-36
	MOVQ  dst+0(FP), DX
	MOVQ  sum+8(FP), DI
	MOVQ  voice+16(FP), SI
	MOVQ  blocks+24(FP), CX
	WIDE(32768, X14, Y14)
	VPXOR Y15, Y15, Y15

less:
	VPMOVSXWD (SI), Y2
	VPMOVSXWD 16(SI), Y3
	VMOVDQU   (DI), Y0
	VMOVDQU   32(DI), Y1
	VPSUBD    Y2, Y0, Y0
	VPSUBD    Y3, Y1, Y1
	OVER(Y0, Y2)
	OVER(Y1, Y3)
	VPACKSSDW Y1, Y0, Y0
	VPERMQ    $0xD8, Y0, Y0
	VMOVDQU   Y0, (DX)
	ADDQ      $32, SI
	ADDQ      $64, DI
	ADDQ      $32, DX
	DECQ      CX
	JNZ       less

	RETURNOVER(over+32(FP))

// func narrowVector(dst *int16, sum *int32, blocks int) (over uint32)
TEXT ·narrowVector(SB), NOSPLIT, $0-28
	MOVQ  dst+0(FP), DX
	MOVQ  sum+8(FP), DI
	MOVQ  blocks+16(FP), CX
	WIDE(32768, X14, Y14)
	VPXOR Y15, Y15, Y15

narrow:
	VMOVDQU   (DI), Y0
	VMOVDQU   32(DI), Y1
	OVER(Y0, Y2)
	OVER(Y1, Y3)
	VPACKSSDW Y1, Y0, Y0
	VPERMQ    $0xD8, Y0, Y0
	VMOVDQU   Y0, (DX)
	ADDQ      $64, DI
	ADDQ      $32, DX
	DECQ      CX
	JNZ       narrow

	RETURNOVER(over+24(FP))

DATA oneToEight<>+0(SB)/8, $0x0000000200000001
DATA oneToEight<>+8(SB)/8, $0x0000000400000003
DATA oneToEight<>+16(SB)/8, $0x0000000600000005
DATA oneToEight<>+24(SB)/8, $0x0000000800000007
GLOBL oneToEight<>(SB), RODATA|NOPTR, $32

// func rampVector(dst *int16, sum *int32, voice *int16, gain *slope, blocks, eights int) (over uint32)
TEXT ·rampVector(SB), NOSPLIT, $0-52
	MOVQ         dst+0(FP), DX
	MOVQ         sum+8(FP), DI
	MOVQ         voice+16(FP), SI
	MOVQ         gain+24(FP), BX
	MOVQ         blocks+32(FP), CX
	MOVQ         eights+40(FP), R8
	WIDE(32768, X14, Y14)
	VPXOR        Y15, Y15, Y15
	MOVQ         $0x20000000, AX
	VMOVQ        AX, X7
	VPBROADCASTQ X7, Y7     // a half
	VMOVDQU      oneToEight<>(SB), Y8

block:
	VPBROADCASTD (BX), Y4
	VPBROADCASTD 4(BX), Y5
	VPMULLD      Y8, Y5, Y6
	VPADDD       Y6, Y4, Y4 // the gains of eight samples
	VPSLLD       $3, Y5, Y5 // and by how much those of the next eight are more
	ADDQ         $8, BX
	MOVQ         R8, R9

ramp:
	VPMOVSXWD (SI), Y1
	VMOVDQU   (DI), Y0
	VPSUBD    Y1, Y0, Y0
	VPMULDQ   Y4, Y0, Y1    // those with even numbers, as 64 bits
	VPSRLQ    $32, Y0, Y0
	VPSRLQ    $32, Y4, Y2
	VPMULDQ   Y2, Y0, Y0    // those with odd ones
	VPADDQ    Y7, Y1, Y1
	VPADDQ    Y7, Y0, Y0
	VPSRLQ    $30, Y1, Y1   // what counts is in the lower half
	VPSLLQ    $2, Y0, Y0    // and here in the upper one
	VPBLENDD  $0xAA, Y0, Y1, Y0
	OVER(Y0, Y2)
	VEXTRACTI128 $1, Y0, X1
	VPACKSSDW    X1, X0, X0
	VMOVDQU      X0, (DX)
	VPADDD       Y5, Y4, Y4
	ADDQ         $16, SI
	ADDQ         $32, DI
	ADDQ         $16, DX
	DECQ         R9
	JNZ          ramp
	DECQ         CX
	JNZ          block

	RETURNOVER(over+48(FP))
