;; Functions for the tests and the benchmark of exec/udf/wasm, by the batch ABI that the
;; package describes. Rebuild: wat2wasm guest.wat (wabt 1.0.32), as `make wasm-guest` does.
(module
  (memory (export "memory") 2)
  (global $top (mut i32) (i32.const 4096))
  (data (i32.const 16) "\10\00\00\00no negative size")

  ;; Memory is handed out upwards, in steps of 16 bytes, and kept.
  (func $alloc (export "weir_alloc") (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $top))
    (global.set $top (i32.and (i32.add (i32.add (global.get $top) (local.get $size)) (i32.const 15)) (i32.const -16)))
    (if (i32.gt_u (global.get $top) (i32.mul (memory.size) (i32.const 65536)))
      (then
        (if (i32.eq (memory.grow (i32.add (i32.div_u (i32.sub (global.get $top) (i32.mul (memory.size) (i32.const 65536))) (i32.const 65536)) (i32.const 1)))
                    (i32.const -1))
          (then unreachable))))
    (local.get $at))

  ;; A buffer for the bytes of one result; the next call may overwrite it.
  (global $buffer (mut i32) (i32.const 0))
  (global $room (mut i32) (i32.const 0))
  (func $result (param $size i32) (result i32)
    (if (i32.gt_u (local.get $size) (global.get $room))
      (then
        (global.set $room (i32.shl (local.get $size) (i32.const 1)))
        (global.set $buffer (call $alloc (global.get $room)))))
    (global.get $buffer))

  ;; f(a INT, b INT) RETURNS INT: a * 3 + b, 32 rows at a time, then the rest row by row. A
  ;; loop is long because every pass through its head asks whether the deadline has come.
  (func (export "f") (param $args i32) (param $out i32) (param $n i32) (result i32)
    (local $a i32) (local $b i32) (local $r i32) (local $end i32)
    (local.set $a (i32.load (local.get $args)))
    (local.set $b (i32.load offset=16 (local.get $args)))
    (local.set $r (i32.load (local.get $out)))
    (local.set $end (i32.add (local.get $r) (i32.and (i32.shl (local.get $n) (i32.const 2)) (i32.const -128))))
    (block $done
      (loop $many
        (br_if $done (i32.ge_u (local.get $r) (local.get $end)))
        (v128.store (local.get $r)
          (i32x4.add (i32x4.mul (v128.load (local.get $a)) (v128.const i32x4 3 3 3 3)) (v128.load (local.get $b))))
        (v128.store offset=16 (local.get $r)
          (i32x4.add (i32x4.mul (v128.load offset=16 (local.get $a)) (v128.const i32x4 3 3 3 3)) (v128.load offset=16 (local.get $b))))
        (v128.store offset=32 (local.get $r)
          (i32x4.add (i32x4.mul (v128.load offset=32 (local.get $a)) (v128.const i32x4 3 3 3 3)) (v128.load offset=32 (local.get $b))))
        (v128.store offset=48 (local.get $r)
          (i32x4.add (i32x4.mul (v128.load offset=48 (local.get $a)) (v128.const i32x4 3 3 3 3)) (v128.load offset=48 (local.get $b))))
        (v128.store offset=64 (local.get $r)
          (i32x4.add (i32x4.mul (v128.load offset=64 (local.get $a)) (v128.const i32x4 3 3 3 3)) (v128.load offset=64 (local.get $b))))
        (v128.store offset=80 (local.get $r)
          (i32x4.add (i32x4.mul (v128.load offset=80 (local.get $a)) (v128.const i32x4 3 3 3 3)) (v128.load offset=80 (local.get $b))))
        (v128.store offset=96 (local.get $r)
          (i32x4.add (i32x4.mul (v128.load offset=96 (local.get $a)) (v128.const i32x4 3 3 3 3)) (v128.load offset=96 (local.get $b))))
        (v128.store offset=112 (local.get $r)
          (i32x4.add (i32x4.mul (v128.load offset=112 (local.get $a)) (v128.const i32x4 3 3 3 3)) (v128.load offset=112 (local.get $b))))
        (local.set $a (i32.add (local.get $a) (i32.const 128)))
        (local.set $b (i32.add (local.get $b) (i32.const 128)))
        (local.set $r (i32.add (local.get $r) (i32.const 128)))
        (br $many)))
    (local.set $end (i32.add (local.get $r) (i32.shl (i32.and (local.get $n) (i32.const 31)) (i32.const 2))))
    (block $last
      (loop $one
        (br_if $last (i32.ge_u (local.get $r) (local.get $end)))
        (i32.store (local.get $r)
          (i32.add (i32.mul (i32.load (local.get $a)) (i32.const 3)) (i32.load (local.get $b))))
        (local.set $a (i32.add (local.get $a) (i32.const 4)))
        (local.set $b (i32.add (local.get $b) (i32.const 4)))
        (local.set $r (i32.add (local.get $r) (i32.const 4)))
        (br $one)))
    (i32.const 0))

  ;; half(a BIGINT) RETURNS BIGINT: NULL for odd numbers.
  (func (export "half") (param $args i32) (param $out i32) (param $n i32) (result i32)
    (local $i i32) (local $x i64) (local $bits i32)
    (block $done
      (loop $row
        (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
        (local.set $x (i64.load (i32.add (i32.load (local.get $args)) (i32.shl (local.get $i) (i32.const 3)))))
        (if (i64.eqz (i64.and (local.get $x) (i64.const 1)))
          (then (i64.store (i32.add (i32.load (local.get $out)) (i32.shl (local.get $i) (i32.const 3)))
                           (i64.div_s (local.get $x) (i64.const 2))))
          (else
            (local.set $bits (i32.add (i32.load offset=8 (local.get $out)) (i32.shr_u (local.get $i) (i32.const 3))))
            (i32.store8 (local.get $bits)
              (i32.and (i32.load8_u (local.get $bits))
                       (i32.xor (i32.shl (i32.const 1) (i32.and (local.get $i) (i32.const 7))) (i32.const 255))))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $row)))
    (i32.const 0))

  ;; shout(s STRING) RETURNS STRING: the letters a to z in upper case. The texts are as long
  ;; as before, so the offsets are copied and the bytes are changed in a copy.
  (func (export "shout") (param $args i32) (param $out i32) (param $n i32) (result i32)
    (local $i i32) (local $end i32) (local $c i32) (local $to i32)
    (memory.copy (i32.load offset=4 (local.get $out)) (i32.load offset=4 (local.get $args))
                 (i32.shl (i32.add (local.get $n) (i32.const 1)) (i32.const 2)))
    (local.set $end (i32.load (i32.add (i32.load offset=4 (local.get $args)) (i32.shl (local.get $n) (i32.const 2)))))
    (local.set $to (call $result (local.get $end)))
    (i32.store (local.get $out) (local.get $to))
    (block $done
      (loop $byte
        (br_if $done (i32.ge_u (local.get $i) (local.get $end)))
        (local.set $c (i32.load8_u (i32.add (i32.load (local.get $args)) (local.get $i))))
        (if (i32.lt_u (i32.sub (local.get $c) (i32.const 97)) (i32.const 26))
          (then (local.set $c (i32.sub (local.get $c) (i32.const 32)))))
        (i32.store8 (i32.add (local.get $to) (local.get $i)) (local.get $c))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $byte)))
    (i32.const 0))

  ;; series(n INT) RETURNS TABLE (i INT): 1 to n; an error for a negative n.
  (func (export "series") (param $args i32) (param $out i32) (param $n i32) (result i32)
    (local $row i32) (local $k i32) (local $total i32) (local $most i32) (local $offsets i32) (local $to i32)
    (local.set $offsets (i32.load offset=4 (local.get $out)))
    (i32.store (local.get $offsets) (i32.const 0))
    (block $counted
      (loop $count
        (br_if $counted (i32.ge_u (local.get $row) (local.get $n)))
        (local.set $most (i32.load (i32.add (i32.load (local.get $args)) (i32.shl (local.get $row) (i32.const 2)))))
        (if (i32.lt_s (local.get $most) (i32.const 0)) (then (return (i32.const 16))))
        (local.set $total (i32.add (local.get $total) (local.get $most)))
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (i32.store (i32.add (local.get $offsets) (i32.shl (local.get $row) (i32.const 2))) (local.get $total))
        (br $count)))
    (local.set $to (call $result (i32.shl (local.get $total) (i32.const 2))))
    (i32.store offset=16 (local.get $out) (local.get $to))
    (local.set $row (i32.const 0))
    (block $done
      (loop $fill
        (br_if $done (i32.ge_u (local.get $row) (local.get $n)))
        (local.set $most (i32.load (i32.add (i32.load (local.get $args)) (i32.shl (local.get $row) (i32.const 2)))))
        (local.set $k (i32.const 0))
        (block $next
          (loop $number
            (br_if $next (i32.ge_s (local.get $k) (local.get $most)))
            (local.set $k (i32.add (local.get $k) (i32.const 1)))
            (i32.store (local.get $to) (local.get $k))
            (local.set $to (i32.add (local.get $to) (i32.const 4)))
            (br $number)))
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (br $fill)))
    (i32.const 0))

  ;; mean(x BIGINT) RETURNS DOUBLE: an accumulator is the sum and the number of rows.
  (func $acc (param $accs i32) (param $ids i32) (param $i i32) (result i32)
    (i32.add (local.get $accs)
      (i32.shl (i32.load (i32.add (local.get $ids) (i32.shl (local.get $i) (i32.const 2)))) (i32.const 4))))
  (func (export "mean_size") (result i32) (i32.const 16))
  (func (export "mean_init") (param $accs i32) (param $ids i32) (param $n i32)
    (local $i i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
        (memory.fill (call $acc (local.get $accs) (local.get $ids) (local.get $i)) (i32.const 0) (i32.const 16))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next))))
  (func $change (param $accs i32) (param $ids i32) (param $args i32) (param $n i32) (param $sign i64) (result i32)
    (local $i i32) (local $a i32)
    (block $done
      (loop $row
        (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
        (local.set $a (call $acc (local.get $accs) (local.get $ids) (local.get $i)))
        (i64.store (local.get $a)
          (i64.add (i64.load (local.get $a))
            (i64.mul (local.get $sign) (i64.load (i32.add (i32.load (local.get $args)) (i32.shl (local.get $i) (i32.const 3)))))))
        (i64.store offset=8 (local.get $a) (i64.add (i64.load offset=8 (local.get $a)) (local.get $sign)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $row)))
    (i32.const 0))
  (func (export "mean_accumulate") (param i32 i32 i32 i32) (result i32)
    (call $change (local.get 0) (local.get 1) (local.get 2) (local.get 3) (i64.const 1)))
  (func (export "mean_retract") (param i32 i32 i32 i32) (result i32)
    (call $change (local.get 0) (local.get 1) (local.get 2) (local.get 3) (i64.const -1)))
  (func (export "mean_merge") (param $accs i32) (param $ids i32) (param $others i32) (param $n i32) (result i32)
    (local $i i32) (local $a i32) (local $o i32)
    (block $done
      (loop $row
        (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
        (local.set $a (call $acc (local.get $accs) (local.get $ids) (local.get $i)))
        (local.set $o (i32.add (local.get $others) (i32.shl (local.get $i) (i32.const 4))))
        (i64.store (local.get $a) (i64.add (i64.load (local.get $a)) (i64.load (local.get $o))))
        (i64.store offset=8 (local.get $a) (i64.add (i64.load offset=8 (local.get $a)) (i64.load offset=8 (local.get $o))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $row)))
    (i32.const 0))
  (func (export "mean_value") (param $accs i32) (param $ids i32) (param $out i32) (param $n i32) (result i32)
    (local $i i32) (local $a i32) (local $bits i32)
    (block $done
      (loop $row
        (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
        (local.set $a (call $acc (local.get $accs) (local.get $ids) (local.get $i)))
        (if (i64.eqz (i64.load offset=8 (local.get $a)))
          (then
            (local.set $bits (i32.add (i32.load offset=8 (local.get $out)) (i32.shr_u (local.get $i) (i32.const 3))))
            (i32.store8 (local.get $bits)
              (i32.and (i32.load8_u (local.get $bits))
                       (i32.xor (i32.shl (i32.const 1) (i32.and (local.get $i) (i32.const 7))) (i32.const 255)))))
          (else
            (f64.store (i32.add (i32.load (local.get $out)) (i32.shl (local.get $i) (i32.const 3)))
              (f64.div (f64.convert_i64_s (i64.load (local.get $a))) (f64.convert_i64_s (i64.load offset=8 (local.get $a)))))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $row)))
    (i32.const 0))

  ;; What must not harm weir: INT to INT each.
  (table $functions 1 funcref)
  (func (export "spin") (param i32 i32 i32) (result i32) (loop $for_ever (br $for_ever)) (i32.const 0))
  (func (export "trap") (param i32 i32 i32) (result i32) unreachable)
  (func $deep (export "recurse") (param i32 i32 i32) (result i32)
    (i32.add (call $deep (local.get 0) (local.get 1) (local.get 2)) (i32.const 1)))
  (func (export "divide") (param i32 i32 i32) (result i32) (i32.div_u (i32.const 1) (i32.const 0)))
  (func (export "outside") (param i32 i32 i32) (result i32) (i32.load (i32.const -8)))
  (func (export "hoard") (param i32 i32 i32) (result i32) ;; all memory there is, then a table without end
    (loop $more (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
    (loop $longer (br_if $longer (i32.ne (table.grow $functions (ref.null func) (i32.const 65536)) (i32.const -1))))
    unreachable)
  (func (export "lie") (param $args i32) (param $out i32) (param $n i32) (result i32) ;; a result that lies elsewhere
    (i32.store (local.get $out) (i32.const -16)) (i32.const 0))
  (func (export "nonsense") (param i32 i32 i32) (result i32) (i32.const -4)) ;; an error nowhere
  (func (export "odd") (param i64) (result i64) (local.get 0)) ;; not by the ABI
)
